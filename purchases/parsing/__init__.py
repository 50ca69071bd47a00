"""Reading files of purchases: bytes to text, columns to fields, cells to values."""
