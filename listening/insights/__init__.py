"""Asks the store and returns small answers: numbers with their change, tables, quotes, and sentences about them."""
