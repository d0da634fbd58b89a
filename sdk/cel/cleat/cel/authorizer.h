// What `authorizer.group('apps').resource('deployments').check('update').allowed()` asks. The host answers.
//
//   class MyAuthorizer : public cel::Authorizer { Answer check(const Question& question) const override {…} };
//   Value authorizer = cel::authorizerValue(makeShared<MyAuthorizer>());
//
// A host that cannot know at once notes the question, answers `unknown`, and evaluates again when it knows.
#pragma once

#include <string>

#include "cleat/cel/value.h"

namespace cleat::cel {

class Authorizer : public Shared {
 public:
  struct Question {
    bool isResource = true;
    std::string path;                                    // of what is no resource
    std::string group, resource, subresource, ns, name;  // of a resource
    std::string fieldSelector, labelSelector;            // as written; empty: none
    std::string verb;
    std::string serviceAccountNamespace, serviceAccount;  // empty: whoever makes the request
    auto operator<=>(const Question&) const = default;
  };
  struct Answer {
    enum class Kind : uint8_t { allowed, denied, failed, unknown } kind = Kind::denied;
    std::string reason;  // or the error of what failed
  };
  virtual Answer check(const Question& question) const = 0;
};

Value authorizerValue(SharedRef<const Authorizer> authorizer);
// The same, already about one resource: what `authorizer.requestResource` is.
Value resourceCheckValue(SharedRef<const Authorizer> authorizer, Authorizer::Question question);

namespace types {

const TypeRef& authorizer();
const TypeRef& resourceCheck();

}  // namespace types

}  // namespace cleat::cel
