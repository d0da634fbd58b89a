// The file of static tokens: "token,user,uid,"group1,group2"" a line, as Kubernetes has it, read into a table that is
// looked into by the tokens' digests, so that how long a lookup takes tells nothing of a token.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cleat {

struct TokenIdentity {
  std::string name, uid;
  std::vector<std::string> groups;
};

class TokenTable {
 public:
  // Reads a file's text. What is wrong with a line, which is left out, is told to `complain` with the line's number.
  static TokenTable parse(std::string_view text, const std::function<void(int line, std::string_view why)>& complain);

  // Who has the token; null: nobody.
  const TokenIdentity* find(std::string_view token) const;
  size_t size() const { return identities_.size(); }

 private:
  using Digest = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
  static Digest digestOf(std::string_view token);

  std::map<Digest, TokenIdentity> identities_;
};

}  // namespace cleat
