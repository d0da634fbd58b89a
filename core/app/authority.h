// Finding the authority of a cluster that one joins: there is no certificate to check its server by yet, only the
// fingerprint that stands in the token.
#pragma once

#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>

#include <string>

#include "core/base/asio_executor.h"
#include "core/http/https_url.h"

namespace cleat::app {

// "https://HOST:PORT" to its parts; the port is 6443 where there is none.
Result<http::HttpsUrl> parseServerUrl(const std::string& url);

// The authority's certificate, PEM: the one in the server's chain that has this SHA-256 fingerprint and has signed the
// server's own. 401 when the server shows none such.
Task<Result<std::string>> findAuthority(base::AsioExecutor& executor, std::string url, std::string fingerprint);

}  // namespace cleat::app
