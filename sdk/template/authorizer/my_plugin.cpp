// Closes namespaces: nobody writes to those in its list but the users who are let through. It denies, and leaves all
// else to the authorizers after it.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

#include <algorithm>

namespace {

using namespace cleat;

class MyPlugin : public AuthorizerPlugin {
 public:
  using AuthorizerPlugin::AuthorizerPlugin;

  Task<Result<void>> start() override {
    closed_ = config().list("closed");
    let_ = config().list("let_through");
    co_return Result<void>();
  }

  // Asked of every request, so it must be quick: no I/O here. Without an opinion the next authorizer decides; a denial
  // ends it.
  Task<Result<void>> authorize(role::Attributes::Reader asked, Call<role::AuthorizeResults>& call) override {
    if (!writes(view(asked.getVerb())) || !contains(closed_, view(asked.getNamespace()))) co_return Result<void>();
    if (contains(let_, view(asked.getUser().getName()))) co_return Result<void>();
    auto results = call.results();
    results.setDecision(role::Decision::DENY);
    results.setReason(concat("the namespace ", view(asked.getNamespace()), " is closed"));
    co_return Result<void>();
  }

 private:
  static bool writes(std::string_view verb) { return verb != "get" && verb != "list" && verb != "watch"; }
  static bool contains(const std::vector<std::string>& all, std::string_view one) {
    return std::ranges::find(all, one) != all.end();
  }

  std::vector<std::string> closed_, let_;
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "authorizer",
             .configSchema =
                 "closed list # namespaces that nobody writes to\n"
                 "let_through list # users who do all the same\n");
