// The Status bodies of the API: what a client reads when a request failed, or succeeded without an object to show.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

#include "core/http/http_message.h"
#include "core/object/object.h"

namespace cleat::api {

// {"kind":"Status","apiVersion":"v1",…}, without the end of line.
// `continueToken`: how a list goes on that expired.
std::string statusJson(const Status& status, std::string_view continueToken = {});
// The whole answer, with Retry-After where the client shall come back.
http::Response statusResponse(const Status& status);

// What is said of an object that is gone.
std::string deletedJson(const object::Object& object);
// A success, about something of that name and kind if they are given.
std::string successJson(int code, std::string_view name = {}, std::string_view kind = {});

http::Response plainResponse(int code, std::string text);
// What Prometheus reads.
http::Response metricsResponse(std::string text);
http::Response pageNotFound();  // 404: paths that are none of the API's

Status resourceNotFound();  // the server could not find the requested resource
Status verbNotAllowed();    // the server does not allow this method on the requested resource

}  // namespace cleat::api
