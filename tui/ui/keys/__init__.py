"""Keys, one module per part of the application; `tui.ui.bindings` puts them into one table."""
