"""The listening test on the page: its plan and its answers, in the folder of all replicas."""
