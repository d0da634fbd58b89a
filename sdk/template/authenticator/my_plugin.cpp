// Knows callers by one shared word: the bearer token "WORD.NAME" is the user NAME.
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>

namespace {

using namespace cleat;

class MyPlugin : public AuthenticatorPlugin {
 public:
  using AuthenticatorPlugin::AuthenticatorPlugin;

  Task<Result<void>> start() override {
    word_ = config().string("word");
    if (word_.size() < 16) co_return fail(Status::badRequest("word: at least 16 characters are needed"));
    co_return Result<void>();
  }

  // Asked of every request that nobody before it in the chain has known. `notMine` lets the next one try; `denied` says
  // that the credentials were meant for this plugin and are wrong.
  Task<Result<void>> authenticate(role::Credentials::Reader credentials,
                                  Call<role::AuthenticateResults>& call) override {
    const std::string_view token = view(credentials.getBearerToken());
    if (token.size() <= word_.size() || token[word_.size()] != '.') co_return call.notMine();
    // In constant time: how long the answer takes must not tell how much of the word was right.
    unsigned char different = 0;
    for (size_t i = 0; i < word_.size(); ++i) different |= static_cast<unsigned char>(token[i] ^ word_[i]);
    if (different != 0) co_return call.notMine();
    auto user = call.results().initUser();
    user.setName(str(token.substr(word_.size() + 1)));
    user.initGroups(1).set(0, "my-plugin");
    co_return Result<void>();
  }

 private:
  std::string word_;
};

}  // namespace

CLEAT_PLUGIN(MyPlugin, .name = "my-plugin", .version = "0.1.0", .maturity = "alpha", .roles = "authenticator",
             .configSchema = "word string # what a token begins with, up to a dot; then comes the user's name\n");
