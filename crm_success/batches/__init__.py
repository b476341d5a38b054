"""Leased work of any part: claimed, worked on, counted, opened again after a death, finished. Computes nothing itself.

A part registers its kind of work in the hook `crm_success_work_kinds`; `kinds.py` says what a kind consists of.
"""
