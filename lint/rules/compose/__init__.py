"""Rules about Compose projects, each over the merged model."""
