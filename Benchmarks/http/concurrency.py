def section(options): pass
