// Asks an admission plugin what the gate asks it.
#pragma once

#include <cleat/schema/role/admission.methods.h>
#include <cleat/sdk/kind.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/testkit.h>

#include <string>
#include <vector>

namespace cleat::test {

struct AdmissionRequest {
  role::Operation operation = role::Operation::CREATE;
  std::string ns, name, subresource;
  std::string user = "jane";
  std::vector<std::string> groups = {"system:authenticated"};
  std::string resource = {};  // of a subresource with a body of another kind; empty: the object's own
};

enum class Pass { mutate, validate };

// `now` is the object as it is to be, `old` as it was on an update.
template <class K>
Outcome<role::AdmissionResults> admit(AnyStarted& plugin, Pass pass, const AdmissionRequest& request,
                                      const Object<K>& now, const Object<K>& old = {}) {
  std::vector<AnyRef> objects{now};
  if (old) objects.push_back(old);
  return plugin.call(
      pass == Pass::mutate ? role::admission::mutate : role::admission::validate,
      [&](role::AdmissionParams::Builder params) {
        auto ref = params.initRef();
        ref.setGroup(str(KindOf<K>::resource.group));
        ref.setVersion(str(KindOf<K>::resource.version));
        ref.setResource(request.resource.empty() ? str(KindOf<K>::resource.resource) : request.resource);
        if (!request.resource.empty()) ref.setGroup("");
        ref.setSubresource(request.subresource);
        ref.setNamespace(request.ns);
        ref.setName(request.name);
        params.setKind(str(KindOf<K>::resource.kind));
        params.setOperation(request.operation);
        auto user = params.initUser();
        user.setName(request.user);
        user.adoptGroups(textList(orphanageOf(user), request.groups));
      },
      objects);
}

// What the plugin wants to see: "mutate create pods", in its order.
inline std::vector<std::string> interestsOf(AnyStarted& plugin) {
  constexpr const char* kOperations[] = {"create", "update", "delete", "connect"};
  auto outcome = plugin.call(role::admission::interests);
  std::vector<std::string> interests;
  for (auto rule : outcome.answer->getRules()) {
    for (auto operation : rule.getOperations()) {
      std::string text = concat(rule.getMutates() ? "mutate " : "", rule.getValidates() ? "validate " : "",
                                kOperations[static_cast<size_t>(operation)], " ");
      if (rule.getGroup().size() > 0) text += concat(rule.getGroup(), "/");
      interests.push_back(concat(text, rule.getResource()));
    }
  }
  return interests;
}

}  // namespace cleat::test
