"""Java, Spark and the machine: settings, jars, sessions. Nothing here knows a lake."""
