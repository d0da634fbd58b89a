// Authenticates callers by a bearer token out of a file.
#include <cleat/schema/role/authn.capnp.h>
#include <cleat/sdk/plugin.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>

using namespace cleat;

namespace {

// Tokens are kept and looked up by their digest: how long a lookup takes tells nothing of a token.
using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

Digest digestOf(std::string_view token) {
  Digest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

struct Identity {
  std::string name, uid;
  std::vector<std::string> groups;
};

// The fields of a line of comma-separated values, with "…" around a field that holds commas.
std::vector<std::string> splitLine(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

std::vector<std::string> splitGroups(const std::string& text) {
  std::vector<std::string> groups;
  std::istringstream in(text);
  for (std::string group; std::getline(in, group, ',');) {
    if (!group.empty()) groups.push_back(group);
  }
  return groups;
}

class TokenAuthenticator : public Plugin {
 public:
  using Plugin::Plugin;

  Task<Result<void>> start() override {
    file_ = config().string("file");
    if (file_.empty()) file_ = config().server().pkiDir + "/tokens.csv";
    reload();
    context().serve<role::Credentials, role::AuthenticateResults>(
        capnp::typeId<role::Authenticator>(), 0,
        [this](role::Credentials::Reader credentials, Call<role::AuthenticateResults>& call) {
          return authenticate(credentials, call);
        });
    co_return Result<void>();
  }

 private:
  Result<void> authenticate(role::Credentials::Reader credentials, Call<role::AuthenticateResults>& call) {
    if (credentials.getBearerToken().size() == 0) return call.notMine();
    const Digest digest = digestOf(view(credentials.getBearerToken()));
    auto found = tokens_.find(digest);
    if (found == tokens_.end() && changed()) {
      reload();
      found = tokens_.find(digest);
    }
    if (found == tokens_.end()) return call.notMine();
    role::User::Builder user = call.results().initUser();
    user.setName(found->second.name);
    user.setUid(found->second.uid);
    auto groups = user.initGroups(found->second.groups.size());
    for (size_t i = 0; i < found->second.groups.size(); ++i) groups.set(i, found->second.groups[i]);
    return {};
  }

  bool changed() const {
    struct stat now {};
    if (stat(file_.c_str(), &now) != 0) return false;
    return now.st_mtim.tv_sec != read_.st_mtim.tv_sec || now.st_mtim.tv_nsec != read_.st_mtim.tv_nsec ||
           now.st_ino != read_.st_ino;
  }

  void reload() {
    if (stat(file_.c_str(), &read_) != 0) return;
    std::map<Digest, Identity> tokens;
    std::ifstream in(file_);
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      if (line.empty() || line[0] == '#') continue;
      std::vector<std::string> fields = splitLine(line);
      if (fields.size() < 2 || fields[0].empty() || fields[1].empty()) {
        log().warn(file_, ":", number, ": expected token,user,uid,\"groups\"; the line is left out");
        continue;
      }
      fields.resize(4);
      tokens[digestOf(fields[0])] = {fields[1], fields[2], splitGroups(fields[3])};
    }
    tokens_ = std::move(tokens);
  }

  std::string file_;
  struct stat read_ {};
  std::map<Digest, Identity> tokens_;
};

}  // namespace

CLEAT_PLUGIN(TokenAuthenticator, .name = "authn-token", .version = "0.1.0", .maturity = "beta",
             .roles = "authenticator",
             .configSchema = "file string  # the tokens, one a line; tokens.csv beside the cluster's keys when empty\n");
