// Knows users by a file of names and hashed passwords, as htpasswd and `openssl passwd` make them: the bearer token
// "NAME:PASSWORD" is the user of that name. The file is read again whenever it has changed.
#include <cleat/sdk/file.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/text.h>
#include <crypt.h>
#include <sys/stat.h>

#include <memory>

#include "users.h"

namespace {

using namespace cleat;

// When a file was written, which file it is and how large, in which one of two that differ differs.
std::string marksOf(const std::string& path) {
  struct stat facts{};
  if (::stat(path.c_str(), &facts) != 0) return {};
  return concat(facts.st_ino, " ", facts.st_size, " ", facts.st_mtim.tv_sec, " ", facts.st_mtim.tv_nsec);
}

// In constant time: how long it takes must not tell how much was right.
bool same(std::string_view a, std::string_view b) {
  unsigned char different = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) different |= static_cast<unsigned char>(a[i] ^ b[i]);
  return different == 0;
}

bool fits(const std::string& password, const std::string& hash) {
  auto room = std::make_unique<crypt_data>();
  const char* made = ::crypt_r(password.c_str(), hash.c_str(), room.get());
  return made && *made != '*' && same(made, hash);
}

class UsersFile : public AuthenticatorPlugin {
 public:
  using AuthenticatorPlugin::AuthenticatorPlugin;

  // Without a file that can be read it does not start: nobody is to be locked out by a mistyped path.
  Task<Result<void>> start() override {
    path_ = config().string("file");
    if (path_.empty()) co_return fail(Status::badRequest("file: where are the users?"));
    CLEAT_CO_TRY(users_, readNow());
    log().info("knows ", users_.size(), " users");
    co_return Result<void>();
  }

  Task<Result<void>> authenticate(role::Credentials::Reader credentials,
                                  Call<role::AuthenticateResults>& call) override {
    const std::string_view token = view(credentials.getBearerToken());
    const size_t colon = token.find(':');
    if (colon == std::string_view::npos) co_return call.notMine();
    look();
    const std::string name(token.substr(0, colon)), password(token.substr(colon + 1));
    auto found = users_.find(name);
    if (found == users_.end()) co_return call.notMine();
    const User user = found->second;
    // Hashing takes as long as it was made to; who has shown the password once is known by it until the file changes.
    auto shown = shown_.find(name);
    if (shown == shown_.end() || !same(shown->second, password)) {
      const uint64_t reading = reading_;
      const bool right = co_await context().blocking([&] { return fits(password, user.hash); });
      if (!right) co_return call.notMine();
      if (reading == reading_) shown_[name] = password;
    }
    auto answer = call.results().initUser();
    answer.setName(name);
    auto groups = answer.initGroups(static_cast<unsigned>(user.groups.size()));
    for (unsigned i = 0; i < groups.size(); ++i) groups.set(i, user.groups[i]);
    co_return Result<void>();
  }

 private:
  Result<Users> readNow() {
    marks_ = marksOf(path_);
    CLEAT_TRY(const std::string text, readFile(path_));
    return readUsers(text);
  }

  // Takes in what the file says now. A file that is wrong, or gone, changes nothing, and is complained of once.
  void look() {
    if (marksOf(path_) == marks_) return;
    auto users = readNow();
    if (!users) {
      log().error("goes on with the users it knows: ", path_, ": ", users.error().message);
      context().report(concat("goes on with the users it knew: ", users.error().message));
      return;
    }
    users_ = std::move(*users);
    shown_.clear();
    ++reading_;
    context().report("");
    log().info("has read ", path_, " again and knows ", users_.size(), " users");
  }

  std::string path_, marks_;
  Users users_;
  std::map<std::string, std::string> shown_;  // by name: the password that was right
  uint64_t reading_ = 0;
};

}  // namespace

CLEAT_PLUGIN(UsersFile, .name = "authn-users-file", .version = "1.0.0", .maturity = "beta", .roles = "authenticator",
             .configSchema = "file string # where the users are: NAME:HASH:GROUP,GROUP, a line each\n");
