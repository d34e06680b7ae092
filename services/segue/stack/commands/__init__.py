"""The commands of the ``segue`` command line that run a stack or speak to one."""
