// What clients may take of the server, as the configuration has it.
#pragma once

#include "core/api/api_server.h"
#include "core/base/config.h"

namespace cleat::app {

void setClientLimits(const base::Config::Server& from, api::ServerOptions& to);

}  // namespace cleat::app
