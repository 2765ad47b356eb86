"""The certificate of the site: kept in generations, read, made where there is none, compared with what is served."""
