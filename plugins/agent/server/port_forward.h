// The parts of port-forward: over SPDY (port_forward_session.cpp), where the client opens streams as it likes, and over
// the channels of a WebSocket (port_forward_channels.cpp), where it names its ports in the request.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "server/session.h"

namespace cleat::agent {

// What clients are told of a port that could not be reached.
std::string forwardFailure(uint16_t port, std::string_view pod, std::string_view why);

// A port's number; 0 for anything else.
uint16_t portIn(std::string_view text);

// The protocols v4.channel.k8s.io and v4.base64.channel.k8s.io.
void forwardOverChannels(SessionPtr session);

}  // namespace cleat::agent
