"""A stand-in for Jira Cloud, run as a process of its own: plain Python, and nothing of Waybill but the contract.

server    HTTP on sockets
sandbox   which part answers a request, and what goes wrong on purpose
jira      what Jira does with deployments; `kinds` has one row per API
store     what it holds, in one SQLite file
pages     what a person sees; `control` is what a test does
"""
