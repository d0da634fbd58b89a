#include "kinds-apiextensions/definition_feed.h"

#include <capnp/message.h>
#include <cleat/schema/bus.methods.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <utility>

#include "kinds-apiextensions/offer.h"

namespace cleat::kinds::extensions {

namespace {

constexpr Duration kAgain = std::chrono::seconds(1);
// A message does not grow without bounds: so much of definitions goes into one offer, and one of them at least.
constexpr uint64_t kMostWords = uint64_t{1} << 20;

size_t hashOf(apiextensions_v1::CustomResourceDefinitionSpec::Reader spec) {
  kj::Array<capnp::word> words = capnp::canonicalize(spec);
  auto bytes = words.asBytes();
  return std::hash<std::string_view>()({reinterpret_cast<const char*>(bytes.begin()), bytes.size()});
}

std::string namesText(const Object<Definition>& definition) {
  auto names = definition->getStatus().getAcceptedNames();
  std::string text = concat(names.getPlural(), "/", names.getSingular(), "/", names.getKind(), "/", names.getListKind(),
                            deletionPending(definition.meta()) && servedInTheEnd(*definition));
  for (auto name : names.getShortNames()) appendTo(text, concat("/", name));
  for (auto category : names.getCategories()) appendTo(text, concat("/all:", category));
  return text;
}

}  // namespace

bool DefinitionFeed::State::sameOffer(const State& other) const {
  return uid == other.uid && spec == other.spec && names == other.names;
}

DefinitionFeed::DefinitionFeed(Context& context, SharedCustomKinds& kinds)
    : context_(context), kinds_(kinds), definitions_(context) {
  definitions_.onChange([this](const Object<Definition>& before, const Object<Definition>& now) {
    dirty_.insert(str((now ? now : before).name()));
    if (now) setTerminating(now);
    wake();
  });
}

// All that are there at the start go into one offer.
void DefinitionFeed::start() {
  running_ = true;
  spawn(run());
}

void DefinitionFeed::wake() {
  if (std::exchange(running_, true)) return;
  context_.post([this] { spawn(run()); });
}

Task<void> DefinitionFeed::run() {
  co_await definitions_.waitSynced();
  while (!dirty_.empty()) co_await offerDirty();
  running_ = false;
}

Task<void> DefinitionFeed::offerDirty() {
  Part part;
  uint64_t words = 0;
  for (Next& next : takeDirty()) {
    const uint64_t more = next.definition ? next.definition->totalSize().wordCount : 0;
    if (!part.empty() && words + more > kMostWords) {
      co_await offerAll(std::exchange(part, {}));
      words = 0;
    }
    words += more;
    part.push_back(std::move(next));
  }
  if (!part.empty()) co_await offerAll(std::move(part));
  report();
}

DefinitionFeed::Part DefinitionFeed::takeDirty() {
  Part part;
  for (const std::string& name : std::exchange(dirty_, {})) {
    std::optional<Next> next = prepare(name);
    if (next) part.push_back(std::move(*next));
  }
  return part;
}

std::optional<DefinitionFeed::Next> DefinitionFeed::prepare(const std::string& name) {
  Object<Definition> definition = definitions_.get(name);
  auto offered = offered_.find(name);
  std::optional<Next> withdrawn;
  if (offered != offered_.end()) withdrawn = Next{name, {}, nullptr, {}};
  if (!definition || !isOffered(*definition)) {
    troubles_.erase(name);
    return withdrawn;
  }
  State state{str(definition.uid()), definition.meta().getGeneration(), 0, namesText(definition)};
  const bool sameSpec =
      offered != offered_.end() && offered->second.uid == state.uid && offered->second.generation == state.generation;
  state.spec = sameSpec ? offered->second.spec : hashOf(definition->getSpec());
  if (offered != offered_.end() && offered->second.sameOffer(state)) {
    offered->second = std::move(state);
    return std::nullopt;
  }
  Result<std::shared_ptr<const CustomKind>> kind = CustomKind::make(*definition);
  if (kind) return Next{name, definition, *kind, std::move(state)};
  troubles_[name] = kind.error().message;
  context_.log.warn("the kind of ", name, " is not served: ", kind.error());
  return withdrawn;
}

// One that is refused does not keep the others from being served.
Task<void> DefinitionFeed::offerAll(Part part) {
  std::shared_ptr<const CustomKinds> before = kinds_.get();
  // Objects may come as soon as the kind is served, and need its rules.
  putRules(part);
  Result<void> called = co_await call(part);
  if (called) {
    accept(part);
    co_return;
  }
  if (part.size() == 1) {
    auto known = before->find(part.front().name);
    refuse(part.front(), known == before->end() ? nullptr : known->second, called.error());
    co_return;
  }
  for (Next& next : part) {
    Part one;
    one.push_back(std::move(next));
    co_await offerAll(std::move(one));
  }
}

Task<Result<void>> DefinitionFeed::call(const Part& part) {
  std::vector<Object<Definition>> definitions;
  std::vector<std::string_view> withdrawn;
  for (const Next& next : part) {
    if (next.definition) {
      definitions.push_back(next.definition);
    } else {
      withdrawn.push_back(next.name);
    }
  }
  auto fill = [&](wire::OfferParams::Builder params) {
    describeKinds(params.getDescription().initAs<role::KindsDescription>(), definitions);
    auto list = params.initWithdrawn(static_cast<uint32_t>(withdrawn.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      const size_t dot = withdrawn[i].find('.');
      list[i].setResource(str(withdrawn[i].substr(0, dot)));
      list[i].setGroup(str(withdrawn[i].substr(dot + 1)));
    }
  };
  // A thousand schemas take their time.
  CallOptions options{{}, std::chrono::minutes(1)};
  auto answer = co_await context_.call(wire::cluster::offer, fill, options);
  if (!answer) co_return fail(answer.error());
  co_return Result<void>();
}

void DefinitionFeed::putRules(const Part& part) {
  CustomKinds next = *kinds_.get();
  for (const Next& one : part) {
    if (one.kind) next[one.name] = one.kind;
  }
  kinds_.set(std::move(next));
}

// At once, and not with the next offer: what is refused from now on does not come back after the last one is deleted.
void DefinitionFeed::setTerminating(const Object<Definition>& definition) {
  std::shared_ptr<const CustomKinds> kinds = kinds_.get();
  auto known = kinds->find(definition.name());
  const bool terminating = deletionPending(definition.meta());
  if (known == kinds->end() || known->second->terminating == terminating) return;
  auto kind = std::make_shared<CustomKind>(*known->second);
  kind->terminating = terminating;
  CustomKinds next = *kinds;
  next[str(definition.name())] = std::move(kind);
  kinds_.set(std::move(next));
}

void DefinitionFeed::accept(const Part& part) {
  CustomKinds next = *kinds_.get();
  for (const Next& one : part) {
    if (one.definition) {
      offered_[one.name] = one.state;
      troubles_.erase(one.name);
    } else {
      offered_.erase(one.name);
      next.erase(one.name);
    }
  }
  kinds_.set(std::move(next));
}

void DefinitionFeed::refuse(const Next& next, std::shared_ptr<const CustomKind> before, const Status& why) {
  context_.log.warn("the kind of ", next.name, " is not served as its definition says: ", why);
  troubles_[next.name] = why.message;
  CustomKinds kinds = *kinds_.get();
  if (before) {
    kinds[next.name] = std::move(before);
  } else {
    kinds.erase(next.name);
  }
  kinds_.set(std::move(kinds));
  // What is wrong with the offer stays wrong; everything else may pass.
  if (why.code < 500 && why.code != 429) return;
  again_.insert(next.name);
  timer_ = context_.after(kAgain, [this] {
    dirty_.merge(again_);
    again_.clear();
    wake();
  });
}

// What an operator should know stands in the plugin's health.
void DefinitionFeed::report() {
  std::string message;
  for (const auto& [name, why] : troubles_) appendTo(message, concat(message.empty() ? "" : "; ", name, ": ", why));
  if (message != reported_) context_.report(message);
  reported_ = std::move(message);
}

}  // namespace cleat::kinds::extensions
