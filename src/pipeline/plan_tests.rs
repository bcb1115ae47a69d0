//! Plans by table and by property.
