"""`manage.py up`: every part of Waybill with one command, and all of them ended with it."""
