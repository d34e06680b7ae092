"""Messages of the API to the domain and back, for servers and clients alike.

``..._to_message`` writes, ``..._from_message`` reads. Reading checks what a message alone can show,
names the offending field by its path in the request, and brings labels into their normal form.
"""
