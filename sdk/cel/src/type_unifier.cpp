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

TypeRef withParameters(const TypeRef& type, std::vector<TypeRef> parameters) {
  auto copy = std::make_shared<Type>(*type);
  copy->parameters = std::move(parameters);
  return copy;
}

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

bool TypeUnifier::assignable(const TypeRef& to, const TypeRef& from) {
  Known before = known_;
  if (fits(to, from)) return true;
  known_ = std::move(before);
  return false;
}

bool TypeUnifier::assignable(const std::vector<TypeRef>& to, const std::vector<TypeRef>& from) {
  Known before = known_;
  if (allFit(to, from)) return true;
  known_ = std::move(before);
  return false;
}

bool TypeUnifier::fits(const TypeRef& a, const TypeRef& b) {
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
    if (!occursIn(parameter, now)) known_[parameter->name] = std::move(now);
    return true;
  }
  isKnown = false;
  if (occursIn(parameter, type)) return false;
  known_[parameter->name] = type;
  return true;
}

bool TypeUnifier::occursIn(const TypeRef& parameter, const TypeRef& type) const {
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

TypeRef TypeUnifier::known(const TypeRef& type) const {
  auto found = isParameter(type) ? known_.find(type->name) : known_.end();
  return found == known_.end() ? type : known(found->second);
}

TypeRef TypeUnifier::substitute(const TypeRef& type, bool unknownIsDyn) const {
  if (isParameter(type)) {
    auto found = known_.find(type->name);
    if (found != known_.end()) return substitute(found->second, unknownIsDyn);
    return unknownIsDyn ? types::dyn() : type;
  }
  if (type->parameters.empty()) return type;
  std::vector<TypeRef> parameters;
  bool same = true;
  for (const TypeRef& each : type->parameters) {
    parameters.push_back(substitute(each, unknownIsDyn));
    same = same && parameters.back() == each;
  }
  return same ? type : withParameters(type, std::move(parameters));
}

const TypeRef& TypeUnifier::moreGeneral(const TypeRef& a, const TypeRef& b) {
  if (b->kind == TypeKind::null && takesNull(a)) return a;
  return isNoMoreSpecific(a, b) ? a : b;
}

}  // namespace cleat::cel
