"""The bodies of requests and answers, as OpenAPI describes them."""
