"""The listening test: people rate, blindly, what models take for similar.

Judged is, as in the studies of audio music similarity of MIREX (J. S. Downie, Acoustical Science
and Technology 29, 2008), how similar a candidate is to a query, by who hears both.
"""
