// Runs one probe of one container once.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/context.h>

#include <optional>
#include <string>

#include "node_services.h"
#include "probes/net_client.h"

namespace cleat::agent {

struct ProbeOutcome {
  // warning: a success that somebody should look at; error: it could not be asked.
  enum class Result { success, warning, failure, error } result = Result::error;
  std::string output;
};

// `container` and `probe` must stay valid until it has ended.
Task<ProbeOutcome> runProbe(NodeServices& node, core_v1::Container::Reader container, core_v1::Probe::Reader probe,
                            std::string containerId, std::string podIp);

// The number of a port that is given by number or by the name of one of the container's ports.
std::optional<uint16_t> portNumber(core_v1::Container::Reader container, meta_v1::IntOrString::Reader port);

// The request of an httpGet action; none if its port has no number.
std::optional<HttpRequest> requestOf(core_v1::Container::Reader container, core_v1::HTTPGetAction::Reader action,
                                     const std::string& podIp, std::string_view userAgent);
std::string urlOf(const HttpRequest& request);
// Whether a header has that name; their case does not matter.
bool isHeader(std::string_view name, std::string_view wanted);

}  // namespace cleat::agent
