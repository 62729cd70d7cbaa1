"""What builds, measures, releases and grades the course. Notebooks never import it; `utils` never does."""
