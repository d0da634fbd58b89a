// ReviewServer: a server of the operator's that is sent reviews. What may go better another time is tried again, after
// pauses that grow, as long as the request has time.
//
//   ReviewServer server(context(), client, target);
//   Result<std::string> answer = co_await server.post(body, {.timeout = 3s}, call.deadline());
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/json_tree.h>

#include <string>
#include <string_view>

#include "remote-common/remote_target.h"
#include "webhook-common/https_client.h"

namespace cleat::remote {

struct ReviewAttempts {
  Duration timeout = std::chrono::seconds(30);  // of all of them together
  Duration firstPause = std::chrono::milliseconds(500);
  int most = 5;
};

class ReviewServer {
 public:
  // Context and client outlive it.
  ReviewServer(Context& context, webhook::HttpsClient& client, RemoteTarget target);

  // The body of the answer. An error says why there is none: `Post "https://…": context deadline exceeded`.
  Task<Result<std::string>> post(std::string body, ReviewAttempts attempts, Instant deadline);

 private:
  Result<std::string> authorization();

  Context& context_;
  webhook::HttpsClient& client_;
  const RemoteTarget target_;
  std::string tokenHeader_;  // out of the target's token file
  Instant tokenUntil_{};
};

// The `status` of an answer that is a review of that kind; an error says what else it is.
Result<JsonTree> reviewStatus(std::string_view text, std::string_view apiVersion, std::string_view kind);

}  // namespace cleat::remote
