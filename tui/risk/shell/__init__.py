"""Shell texts: from characters to the simple commands that would execute."""
