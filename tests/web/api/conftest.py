"""A program that calls the API: no cookies, no pages, and every answer is checked against the description."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from werkzeug.test import TestResponse

from app.web.api.openapi import description
from tests.support.browser_client import SAFE, BrowserClient

ROOT = "/movimento/api/v1"
CONTACT = {"name": "Ana Pop", "email": "ana@example.com", "phone": "0722 123 456"}
CONSENTS = [{"purpose": "sms_appointments", "version": 1}]


class Program:
    """Calls operations and validates what comes back."""

    def __init__(self, client: BrowserClient) -> None:
        self.client = client
        self.described = description()
        self.called: set[str] = set()
        whole: Resource[Any] = Resource.from_contents(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **self.described}
        )
        self.registry: Registry[Any] = Registry().with_resource("urn:api", whole)

    def call(
        self, method: str, path: str, body: object = None, root: str = ROOT, **more: Any
    ) -> TestResponse:
        """Send it; `body` is sent as JSON, bytes as they are."""
        if body is not None:
            more["data"] = body if isinstance(body, bytes) else json.dumps(body)
            more.setdefault("content_type", "application/json")
        more["headers"] = {"Accept-Language": "en"} | dict(more.get("headers") or {})
        if method not in SAFE:
            more["forget_csrf"] = True
        answer = self.client.open(root + path, method=method, **more)
        assert answer.status_code < 500, answer.text
        assert "Set-Cookie" not in answer.headers
        self._check(method, path.split("?")[0], answer)
        return answer

    def book(self, body: object, key: str = "k" * 20, **more: Any) -> TestResponse:
        """POST /bookings."""
        return self.call("POST", "/bookings", body, headers={"Idempotency-Key": key}, **more)

    def _check(self, method: str, path: str, answer: TestResponse) -> None:
        said = self._operation(method, path)
        if said is None:
            assert answer.mimetype == "application/problem+json"
            return self._valid({"$ref": "urn:api#/components/schemas/Problem"}, answer)
        self.called.add(said["operationId"])
        allowed = said["responses"]
        assert str(answer.status_code) in allowed, f"{method} {path} may not answer {answer.status}"
        content = allowed[str(answer.status_code)].get("content")
        if content is None:
            assert answer.data == b""
            return None
        assert answer.mimetype in content
        reference = content[answer.mimetype]["schema"]["$ref"]
        return self._valid({"$ref": f"urn:api{reference}"}, answer)

    def _operation(self, method: str, path: str) -> dict[str, Any] | None:
        for template, methods in self.described["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path or "/"):
                found: dict[str, Any] | None = methods.get(method.lower())
                if found:
                    return found
        return None

    def _valid(self, schema: dict[str, Any], answer: TestResponse) -> None:
        validator = Draft202012Validator(schema, registry=self.registry)
        validator.validate(json.loads(answer.data))


@pytest.fixture
def program(app: Flask, client: BrowserClient) -> Program:
    """A program that reads English."""
    return Program(client)
