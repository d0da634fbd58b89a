// KnownUser: whom an authenticator has recognised by what somebody else says of them, and how the host is told.
#pragma once

#include <cleat/schema/role/authn.capnp.h>
#include <cleat/sdk/lists.h>

#include <string>
#include <utility>
#include <vector>

namespace cleat::remote {

struct KnownUser {
  std::string name, uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};

inline void fillUser(role::User::Builder user, const KnownUser& from) {
  user.setName(from.name);
  user.setUid(from.uid);
  user.adoptGroups(textList(orphanageOf(user), from.groups));
  auto extra = user.initExtra(from.extra.size());
  for (uint32_t i = 0; i < from.extra.size(); ++i) {
    extra[i].setKey(from.extra[i].first);
    extra[i].adoptValues(textList(orphanageOf(user), from.extra[i].second));
  }
}

}  // namespace cleat::remote
