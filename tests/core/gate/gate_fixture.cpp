#include "tests/core/gate/gate_fixture.h"

#include <capnp/message.h>
#include <cleat/sdk/text.h>

#include "tests/core/object/test_kinds.h"

namespace cleat::gate {
namespace {

const std::vector<test::KindNames> kKinds = {
    {"", "v1", "Pod", "pods", true, "core_v1"},
    {"", "v1", "ConfigMap", "configmaps", true, "core_v1"},
    {"apps", "v1", "Deployment", "deployments", true, "apps_v1"},
    {"autoscaling", "v1", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true, "autoscaling_v1"},
    {"autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true, "autoscaling_v2"},
    {"", "v1", "ComponentStatus", "componentstatuses", false, "core_v1_component"},
    {"metrics.k8s.io", "v1beta1", "PodMetrics", "pods", true, "metrics_v1beta1"},
    {"authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", false, "authorization_v1"},
};

void setTexts(capnp::List<capnp::Text>::Builder list, std::initializer_list<const char*> texts) {
  unsigned i = 0;
  for (const char* text : texts) list.set(i++, text);
}

void describeKinds(object::KindRegistry& registry) {
  capnp::MallocMessageBuilder message;
  auto description = message.initRoot<role::KindsDescription>();
  test::describe(description, test::schemaBytes(), kKinds);
  for (auto kind : description.getKinds()) {
    setTexts(kind.initVerbs(6), {"create", "delete", "get", "list", "patch", "update"});
    if (view(kind.getKind()) == "ComponentStatus" || view(kind.getGroup()).ends_with(".k8s.io")) {
      kind.setVirtual(true);
      const bool isAnswered = view(kind.getKind()) == "SubjectAccessReview";
      setTexts(kind.initVerbs(isAnswered ? 1 : 2), isAnswered ? std::initializer_list<const char*>{"create"}
                                                              : std::initializer_list<const char*>{"get", "list"});
      continue;
    }
    setTexts(kind.initBehaviours(3), {"default", "validate", "beforeCommit"});
    if (view(kind.getGroup()) == "autoscaling") {
      setTexts(kind.initBehaviours(1), {"convert"});
      kind.setStorage(view(kind.getVersion()) == "v2");
    }
    kind.setHasStatus(view(kind.getKind()) != "ConfigMap");
    kind.setGracefulDelete(view(kind.getKind()) == "Pod");
  }
  auto subresources = description.initSubresources(3);
  const char* const parents[][4] = {
      {"", "pods", "status", "Pod"}, {"apps", "deployments", "status", "Deployment"}, {"", "pods", "labelling", "Pod"}};
  for (unsigned i = 0; i < subresources.size(); ++i) {
    auto out = subresources[i];
    out.setGroup(parents[i][0]);
    out.setVersion("v1");
    out.setResource(parents[i][1]);
    out.setName(parents[i][2]);
    out.setStyle("status");
    out.setBodyGroup(parents[i][0]);
    out.setBodyVersion("v1");
    out.setBodyKind(parents[i][3]);
    setTexts(out.initVerbs(2), {"patch", "update"});
  }
  setTexts(subresources[2].initResets(3), {"spec", "metadata.annotations", "status.phase"});
  Result<void> added = registry.add("test-kinds", description.asReader());
  if (!added) throw std::runtime_error(added.error().message);
}

std::string shown(const Status& status) {
  return std::to_string(status.code) + " " + status.reason + ": " + status.message;
}

std::string shown(const Result<bus::Written>& written) {
  if (!written) return shown(written.error());
  return written->object ? written->object->json() : "nothing";
}

}  // namespace

std::vector<std::string> FakeRoles::chain(std::string_view role) const {
  if (role == "authorizer") return {"authorizer"};
  if (role == "admission") {
    ++const_cast<FakeRoles*>(this)->compiled;
    return {"admission"};
  }
  return {};
}

Ref<const Message> FakeRoles::interests(const std::string&) const {
  return object::makeMessage<role::Interests>([&](role::Interests::Builder interests) {
    auto rule = interests.initRules(1)[0];
    rule.setGroup("*");
    rule.setResource(interest_);
    rule.setMutates(true);
    rule.setValidates(true);
    rule.setWithdraws(true);
    auto fields = rule.initFields(static_cast<unsigned>(fields_.size()));
    for (unsigned i = 0; i < fields.size(); ++i) fields.set(i, fields_[i]);
  });
}

void FakeRoles::setInterest(const std::string& resource, std::vector<std::string> fields) {
  interest_ = resource;
  fields_ = std::move(fields);
  ++generation_;
}

RoleAnswer FakeRoles::answer(const char* stage, const Stage& hook, const RoleCall& call) {
  calls.push_back(stage);
  RoleAnswer answer;
  answer.message = Message::make(1);
  if (!hook || call.objects.empty()) return answer;
  const Message* old = call.objects.size() > 1 ? call.objects[1].message.get() : nullptr;
  if (Ref<Message> given = hook(*call.objects[0].message, old)) answer.objects.push_back(std::move(given));
  return answer;
}

Task<RoleAnswer> FakeRoles::call(std::string_view, RoleCall call) {
  if (call.method == role::authorizer::authorize) {
    const bool allowed = view(call.params->root<role::Attributes>().getVerb()) != denied;
    RoleAnswer answer;
    answer.message = object::makeMessage<role::AuthorizeResults>([&](role::AuthorizeResults::Builder results) {
      results.setDecision(allowed ? role::Decision::ALLOW : role::Decision::NO_OPINION);
    });
    co_return answer;
  }
  if (call.method == role::kinds::convert) co_return onConvert(call);
  if (call.method == role::kinds::look) co_return onLook(call);
  if (call.method == role::kinds::default_) co_return answer("default", onDefault, call);
  if (call.method == role::admission::mutate) {
    RoleAnswer given = answer("mutate", onMutate, call);
    if (onMutateSays) {
      given.message = object::makeMessage<role::AdmissionResults>([&](role::AdmissionResults::Builder results) {
        onMutateSays(call.params->root<role::AdmissionParams>(), results);
      });
    }
    co_return given;
  }
  if (call.method == role::kinds::beforeCommit) co_return answer("commit", onCommit, call);
  if (call.method == role::admission::withdraw) co_return answer("withdraw", nullptr, call);
  if (call.method == role::admission::validate) {
    RoleAnswer given = answer("admit", nullptr, call);
    const std::string why = onAdmit ? onAdmit(*call.objects[0].message) : std::string();
    if (!why.empty()) {
      given.status = CLEAT_DENIED;
      given.error = Status::forbidden(why);
    }
    co_return given;
  }
  RoleAnswer given = answer("validate", nullptr, call);
  const auto causes = onValidate ? onValidate(*call.objects[0].message) : std::vector<StatusCause>();
  given.message = object::makeMessage<role::ValidateResults>([&](role::ValidateResults::Builder results) {
    auto list = results.initCauses(static_cast<unsigned>(causes.size()));
    for (unsigned i = 0; i < list.size(); ++i) {
      list[i].setReason(causes[i].reason);
      list[i].setMessage(causes[i].message);
      list[i].setField(causes[i].field);
    }
  });
  co_return given;
}

GateTest::GateTest() {
  describeKinds(kinds_);
  store_ = std::move(*store::Store::open(kinds_, std::make_unique<store::MemoryEngine>(disk_)));
  hub_ = bus::Hub::make(*store_);
  gate_ = std::make_unique<Gate>(executor_, kinds_, *store_, *hub_, roles_);
  user_.name = "somebody";
}

GateTest::~GateTest() { store_->close(); }

const object::Kind& GateTest::kind(const std::string& name) const {
  return *kinds_.findByKind(name == "Deployment" ? "apps" : "", "v1", name);
}

bus::Target GateTest::target(const std::string& kindName, const std::string& name,
                             const std::string& subresource) const {
  bus::Target out;
  out.kind = kinds_.findByKind(kindName == "Deployment" ? "apps" : "", "v1", kindName);
  out.ns = "default";
  out.name = name;
  out.subresource = subresource;
  return out;
}

Ref<Message> GateTest::message(const std::string& kindName, std::string_view json) const {
  auto decoded = object::decodeJson(kind(kindName), json, object::FieldValidation::strict);
  if (!decoded) throw std::runtime_error(decoded.error().message);
  return decoded->message;
}

std::string GateTest::create(const std::string& kindName, std::string_view json, const std::string& manager) {
  bus::WriteOptions options;
  options.fieldManager = manager;
  return shown(wait(gate_->create(user_, target(kindName, ""), message(kindName, json), options)));
}

std::string GateTest::update(const std::string& kindName, const std::string& name, std::string_view json,
                             const std::string& subresource, const std::string& manager) {
  bus::WriteOptions options;
  options.fieldManager = manager;
  return shown(wait(gate_->update(user_, target(kindName, name, subresource), message(kindName, json), options)));
}

std::string GateTest::patch(const std::string& kindName, const std::string& name, bus::PatchType type,
                            const std::string& body, const std::string& subresource, const std::string& manager) {
  bus::WriteOptions options;
  options.fieldManager = manager;
  return shown(wait(gate_->patch(user_, target(kindName, name, subresource), type, body, options, false)));
}

std::string GateTest::remove(const std::string& kindName, const std::string& name, std::optional<int64_t> grace) {
  bus::DeleteOptions options;
  options.gracePeriodSeconds = grace;
  return shown(wait(gate_->remove(user_, target(kindName, name), options)));
}

std::string GateTest::stored(const std::string& kindName, const std::string& name) const {
  object::ObjectRef object = store_->snapshot()->get(kind(kindName), "default", name);
  return object ? object->json() : "none";
}

std::string GateTest::member(const std::string& kindName, const std::string& name, const std::string& path) const {
  boost::json::value value = *object::parseJson(stored(kindName, name));
  const boost::json::value* at = &value;
  for (size_t begin = 0; at && begin <= path.size();) {
    const size_t end = std::min(path.find('.', begin), path.size());
    at = at->is_object() ? at->get_object().if_contains(path.substr(begin, end - begin)) : nullptr;
    begin = end + 1;
  }
  return at ? object::jsonText(*at) : std::string();
}

std::vector<std::string> GateTest::owners(const std::string& kindName, const std::string& name) const {
  std::vector<std::string> out;
  object::ObjectRef object = store_->snapshot()->get(kind(kindName), "default", name);
  const Ref<const object::Message> message = object->message();
  for (auto entry : message->meta().getManagedFields()) {
    out.push_back(concat(entry.getManager(), " ", entry.getOperation(), " ", entry.getSubresource(),
                         entry.getSubresource().size() > 0 ? " " : "", entry.getFieldsV1()));
  }
  return out;
}

}  // namespace cleat::gate
