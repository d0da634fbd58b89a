#include "type_unifier.h"

namespace cleat::cel {

namespace {

bool takesNull(const TypeRef& type) {
  switch (type->kind) {
    case TypeKind::opaque:
    case TypeKind::duration:
    case TypeKind::timestamp:
    case TypeKind::object:
    case TypeKind::null: return true;
    default: return false;
  }
}

bool isParameter(const TypeRef& type) { return type->kind == TypeKind::parameter; }

bool isNoMoreSpecific(const TypeRef& a, const TypeRef& b) {
  if (isDyn(a) || isParameter(a)) return true;
  if (isDyn(b) || isParameter(b)) return false;
  if (a->kind != b->kind) return false;
  if (a->kind == TypeKind::type) return true;
  if (a->name != b->name || a->parameters.size() != b->parameters.size()) return false;
  for (size_t i = 0; i < a->parameters.size(); ++i) {
    if (!isNoMoreSpecific(a->parameters[i], b->parameters[i])) return false;
  }
  return true;
}

// Types can be made that take beyond all measure to compare; those fit nowhere.
constexpr size_t kMostTried = 20'000;

}  // namespace

TypeRef TypeUnifier::instance(const TypeRef& type, Renaming& renaming) {
  if (isParameter(type)) {
    TypeRef& renamed = renaming[type->name];
    if (!renamed) renamed = fresh();
    return renamed;
  }
  if (type->parameters.empty()) return type;
  std::vector<TypeRef> parameters;
  for (const TypeRef& each : type->parameters) parameters.push_back(instance(each, renaming));
  return withParameters(type, std::move(parameters));
}

template <class Fit>
bool TypeUnifier::attempt(Fit fit) {
  steps_ = 0;
  learnt_.clear();
  if (fit() && steps_ <= kMostTried) return true;
  for (size_t i = learnt_.size(); i-- > 0;) {
    auto& [parameter, before] = learnt_[i];
    if (before)
      known_[parameter] = std::move(before);
    else
      known_.erase(parameter);
  }
  return false;
}

void TypeUnifier::learn(const std::string& parameter, TypeRef type) {
  TypeRef& known = known_[parameter];
  learnt_.emplace_back(parameter, std::move(known));
  known = std::move(type);
}

bool TypeUnifier::assignable(const TypeRef& to, const TypeRef& from) {
  return attempt([&] { return fits(to, from); });
}

bool TypeUnifier::assignable(const std::vector<TypeRef>& to, const std::vector<TypeRef>& from) {
  return attempt([&] { return allFit(to, from); });
}

bool TypeUnifier::fits(const TypeRef& a, const TypeRef& b) {
  if (++steps_ > kMostTried) return false;
  if (isParameter(b)) {
    bool isKnown = false;
    if (standsFor(a, b, isKnown)) return true;
    if (isKnown) return false;
  }
  if (isParameter(a)) {
    bool isKnown = false;
    return standsFor(b, a, isKnown);
  }
  if (isDyn(a) || isDyn(b)) return true;
  if (a->kind == TypeKind::null) return takesNull(b);
  if (b->kind == TypeKind::null) return takesNull(a);
  if (a->kind != b->kind) return false;
  switch (a->kind) {
    case TypeKind::type: return true;
    case TypeKind::object: return a->name == b->name;
    case TypeKind::list:
    case TypeKind::map:
    case TypeKind::opaque: return a->name == b->name && allFit(a->parameters, b->parameters);
    default: return true;
  }
}

bool TypeUnifier::allFit(const std::vector<TypeRef>& a, const std::vector<TypeRef>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!fits(a[i], b[i])) return false;
  }
  return true;
}

bool TypeUnifier::standsFor(const TypeRef& type, const TypeRef& parameter, bool& isKnown) {
  isKnown = true;
  if (isParameter(type) && type->name == parameter->name) return true;
  auto found = known_.find(parameter->name);
  if (found != known_.end()) {
    const TypeRef before = found->second;
    if (sameType(*type, *before)) return true;
    if (!fits(type, before)) return false;
    TypeRef now = moreGeneral(type, before);
    if (!occursIn(parameter, now)) learn(parameter->name, std::move(now));
    return true;
  }
  isKnown = false;
  if (occursIn(parameter, type)) return false;
  learn(parameter->name, type);
  return true;
}

bool TypeUnifier::occursIn(const TypeRef& parameter, const TypeRef& type) {
  if (++steps_ > kMostTried) return true;
  if (isParameter(type)) {
    if (type->name == parameter->name) return true;
    auto found = known_.find(type->name);
    return found != known_.end() && occursIn(parameter, found->second);
  }
  for (const TypeRef& each : type->parameters) {
    if (occursIn(parameter, each)) return true;
  }
  return false;
}

TypeRef TypeUnifier::substitute(const TypeRef& type, bool unknownIsDyn) const {
  Known done;
  return substitute(type, unknownIsDyn, done);
}

// Each parameter is worked out once, however often it stands there.
TypeRef TypeUnifier::substitute(const TypeRef& type, bool unknownIsDyn, Known& done) const {
  if (isParameter(type)) {
    if (auto again = done.find(type->name); again != done.end()) return again->second;
    auto found = known_.find(type->name);
    TypeRef result = unknownIsDyn ? types::dyn() : type;
    if (found != known_.end()) result = substitute(found->second, unknownIsDyn, done);
    done[type->name] = result;
    return result;
  }
  if (type->parameters.empty()) return type;
  std::vector<TypeRef> parameters;
  bool same = true;
  for (const TypeRef& each : type->parameters) {
    parameters.push_back(substitute(each, unknownIsDyn, done));
    same = same && parameters.back() == each;
  }
  if (same) return type;
  TypeRef result = withParameters(type, std::move(parameters));
  return result->parts > kMostTypeParts ? types::dyn() : result;
}

const TypeRef& TypeUnifier::moreGeneral(const TypeRef& a, const TypeRef& b) {
  if (b->kind == TypeKind::null && takesNull(a)) return a;
  return isNoMoreSpecific(a, b) ? a : b;
}

}  // namespace cleat::cel
