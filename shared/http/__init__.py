"""HTTP without a framework: routes, parsing, answers, problems, deadlines and the OpenAPI document."""
