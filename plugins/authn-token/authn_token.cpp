// Authenticates callers by a bearer token out of a file.
#include <cleat/sdk/file.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/roles.h>
#include <sys/stat.h>

#include "token_file.h"

using namespace cleat;

namespace {

// What tells whether a file is still the one that was read.
struct FileState {
  bool there = false;
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  int64_t seconds = 0, nanos = 0;
  auto operator<=>(const FileState&) const = default;
};

FileState stateOf(const std::string& file) {
  struct stat found{};
  if (stat(file.c_str(), &found) != 0) return {};
  return {true, found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

class TokenAuthenticator : public AuthenticatorPlugin {
 public:
  using AuthenticatorPlugin::AuthenticatorPlugin;

  Task<Result<void>> start() override {
    file_ = config().string("file");
    if (file_.empty()) file_ = config().server().pkiDir + "/tokens.csv";
    reload(stateOf(file_));
    co_return Result<void>();
  }

  Task<Result<void>> authenticate(role::Credentials::Reader credentials,
                                  Call<role::AuthenticateResults>& call) override {
    if (credentials.getBearerToken().size() == 0) co_return call.notMine();
    // Every time: a token that was taken out must not be good any longer, as one that was put in must be.
    if (FileState now = stateOf(file_); now != read_) reload(now);
    const TokenIdentity* identity = tokens_.find(view(credentials.getBearerToken()));
    if (identity == nullptr) co_return call.notMine();
    // Such tokens name no audience: they are the API server's own, and good for nobody else.
    const std::string& own = config().server().serviceAccountIssuer;
    if (credentials.getAudiences().size() > 0 && !contains(credentials.getAudiences(), own)) co_return call.notMine();
    auto results = call.results();
    role::User::Builder user = results.initUser();
    user.setName(identity->name);
    user.setUid(identity->uid);
    user.adoptGroups(textList(orphanageOf(user), identity->groups));
    if (!own.empty()) results.initAudiences(1).set(0, own);
    co_return Result<void>();
  }

 private:
  void reload(const FileState& state) {
    read_ = state;
    tokens_ = TokenTable();
    if (!state.there) return;
    Result<std::string> text = readFile(file_);
    if (!text) {
      log().warn("nobody is known by a token: ", text.error());
      return;
    }
    tokens_ = TokenTable::parse(*text, [this](int line, std::string_view why) {
      log().warn(file_, ":", line, ": expected token,user,uid,\"groups\": ", why);
    });
  }

  std::string file_;
  FileState read_;
  TokenTable tokens_;
};

}  // namespace

CLEAT_PLUGIN(
    TokenAuthenticator, .name = "authn-token", .version = "0.1.0", .maturity = "beta", .roles = "authenticator",
    .configSchema = "file string  # the tokens, one a line; tokens.csv beside the cluster's keys when empty\n");
