"""Pages for people: French first, plain words, no script unless a page asks for one."""
