"""Checks what AWS's translator of SAM makes of the parameter `AllowedOrigins`: the API's OpenAPI
document has the allowed origins, methods and headers under one condition. Usage: cors.py TEMPLATE"""

import sys

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """No function of the template has a managed policy."""

    def load(self):
        return {}


def cors_of(path, origins):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # The translator takes only uploaded code.
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    translated = transform(template, {"AllowedOrigins": origins}, NoManagedPolicies())
    return translated["Resources"]["Api"]["Properties"]["Body"]["x-amazon-apigateway-cors"]


for origins in (["https://www.example.com"], ["https://a.example", "https://b.example"]):
    condition, allowed, nothing = cors_of(sys.argv[1], origins)["Fn::If"]
    assert condition == "AllowsOrigins", condition
    assert nothing == {"Ref": "AWS::NoValue"}, nothing
    assert allowed["allowOrigins"] == origins, allowed
    assert allowed["allowMethods"] == ["DELETE", "GET", "POST", "PUT"], allowed
    assert {"authorization", "content-type"} <= set(allowed["allowHeaders"]), allowed
    assert "retry-after" in allowed["exposeHeaders"], allowed
print("SAM allows the origins of the parameter")
