"""The hooks Rollcage brings along: seven about runs and their surroundings, five about code and its output."""
