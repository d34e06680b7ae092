"""Libraries of other programs that play music: what they know of files, and of who liked what."""
