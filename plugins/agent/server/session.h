// One connection to the agent's HTTPS server with one request on it, and what it takes to answer plainly. The sources
// that carry streams take the session over and work on its socket themselves. Network thread only.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/agent_api.h"
#include "server/net_socket.h"

namespace cleat::agent {

using HttpHead = boost::beast::http::request<boost::beast::http::empty_body>;

struct Session {
  Session(NetSocketPtr connection, AgentApi& agent) : socket(std::move(connection)), api(agent) {}

  const NetSocketPtr socket;
  AgentApi& api;
  boost::beast::flat_buffer buffer{64 * 1024};
  HttpHead request;
  std::vector<std::string> path;  // the parts of the request's path
  std::string query;
  std::shared_ptr<void> place;  // keeps its place among the server's connections
};
using SessionPtr = std::shared_ptr<Session>;

// A whole answer of text, after which the connection is closed.
void respond(SessionPtr session, unsigned status, std::string text,
             std::string_view contentType = "text/plain; charset=utf-8");
inline void respond(SessionPtr session, const Status& why) { respond(std::move(session), why.code, why.message); }

// Ends the connection in order, or at once if it does not answer.
void closeSession(SessionPtr session);

// Whether the request asks to change to that protocol.
bool wantsUpgrade(const HttpHead& request, std::string_view protocol);
// The items of a header that is a list, in however many lines.
std::vector<std::string> listedIn(const HttpHead& request, std::string_view header);
// The first of `offered` that the client's header (a list) names; empty if none does.
std::string chooseProtocol(const HttpHead& request, std::string_view header, const std::vector<std::string>& offered);

// The kinds of requests that are more than a line of text.
void serveLog(SessionPtr session);
void serveExec(SessionPtr session, bool attach);
void servePortForward(SessionPtr session);

}  // namespace cleat::agent
