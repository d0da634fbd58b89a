// The language's own conformance tests (reference/cel). Those that make or look into protobuf messages do not apply:
// there are no message types here. How many that are is counted by file, so that none is left out unseen.
#include <cleat/cel/environment.h>
#include <gtest/gtest.h>

#include <cleat_folders.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/cel/proto_text.h"

namespace cleat::cel {

namespace {

using test::ProtoMessage;

struct File {
  const char* name;
  int messages;  // tests that need protobuf message types
};

bool mentions(const ProtoMessage& message, std::string_view what) {
  for (const auto& field : message.fields) {
    if (field.name.find(what) != std::string::npos || field.scalar.find(what) != std::string::npos) return true;
    if (field.message && mentions(*field.message, what)) return true;
  }
  return false;
}

bool needsMessages(const ProtoMessage& test) {
  for (const char* what :
       {"TestAllTypes", "wrapper", "object_value", "google.protobuf.Any", "google.protobuf.Value{",
        "google.protobuf.Struct{", "BoolValue", "BytesValue", "DoubleValue", "FloatValue", "Int32Value", "Int64Value",
        "StringValue", "UInt32Value", "UInt64Value", "google.protobuf.ListValue"}) {
    if (mentions(test, what)) return true;
  }
  return false;
}

// What kube-apiserver 1.37 answers otherwise when it is asked: what is no object and no list has no fields and no
// elements, so that an optional of it has none either.
bool isOtherwiseInKubernetes(std::string_view test) {
  return test == "optionals/map_null_entry_no_such_key" || test == "optionals/map_present_key_invalid_field";
}

TypeRef readType(const ProtoMessage& type) {
  const auto& field = type.fields.at(0);
  if (field.name == "primitive") {
    if (field.scalar == "BOOL") return types::boolean();
    if (field.scalar == "INT64") return types::integer();
    if (field.scalar == "UINT64") return types::unsignedInteger();
    if (field.scalar == "DOUBLE") return types::floating();
    if (field.scalar == "STRING") return types::text();
    if (field.scalar == "BYTES") return types::bytes();
  }
  if (field.name == "well_known") return field.scalar == "DURATION" ? types::duration() : types::timestamp();
  if (field.name == "null") return types::null();
  if (field.name == "dyn") return types::dyn();
  if (field.name == "type_param") return types::parameter(field.scalar);
  if (field.name == "message_type") {
    if (field.scalar == "google.protobuf.Timestamp") return types::timestamp();
    if (field.scalar == "google.protobuf.Duration") return types::duration();
  }
  if (field.name == "list_type") {
    const auto* element = field.message->message("elem_type");
    return types::list(element ? readType(*element) : types::dyn());
  }
  if (field.name == "map_type") {
    return types::map(readType(*field.message->message("key_type")), readType(*field.message->message("value_type")));
  }
  if (field.name == "abstract_type") {
    std::vector<TypeRef> parameters;
    for (const auto* each : field.message->all("parameter_types")) parameters.push_back(readType(*each->message));
    return types::opaque(field.message->scalar("name"), std::move(parameters));
  }
  if (field.name == "type")
    return field.message->fields.empty() ? types::type() : types::typeOf(readType(*field.message));
  ADD_FAILURE() << "a type that the reader does not know: " << field.name << " " << field.scalar;
  return types::dyn();
}

double readDouble(const std::string& text) {
  if (text == "inf" || text == "Infinity") return INFINITY;
  if (text == "-inf" || text == "-Infinity") return -INFINITY;
  return std::strtod(text.c_str(), nullptr);
}

Value readValue(const ProtoMessage& value, const FunctionTable& functions) {
  const auto& field = value.fields.at(0);
  if (field.name == "value") return readValue(*field.message, functions);
  if (field.name == "bool_value") return Value::boolean(field.scalar == "true");
  if (field.name == "int64_value") return Value::integer(std::strtoll(field.scalar.c_str(), nullptr, 0));
  if (field.name == "uint64_value") return Value::unsignedInteger(std::strtoull(field.scalar.c_str(), nullptr, 0));
  if (field.name == "double_value") return Value::floating(readDouble(field.scalar));
  if (field.name == "string_value") return Value::ownText(field.scalar);
  if (field.name == "bytes_value") return Value::ownBytes(field.scalar);
  if (field.name == "null_value") return Value::null();
  if (field.name == "type_value") {
    TypeRef type = functions.findType(field.scalar);
    if (!type) ADD_FAILURE() << "no type of the name " << field.scalar;
    return Value::type(type ? type : types::dyn());
  }
  if (field.name == "list_value") {
    std::vector<Value> elements;
    for (const auto* each : field.message->all("values")) elements.push_back(readValue(*each->message, functions));
    return Value::list(std::move(elements));
  }
  if (field.name == "map_value") {
    MapBuilder builder;
    for (const auto* each : field.message->all("entries")) {
      builder.add(readValue(*each->message->message("key"), functions),
                  readValue(*each->message->message("value"), functions));
    }
    return std::move(builder).finish();
  }
  ADD_FAILURE() << "a value that the reader does not know: " << field.name;
  return {};
}

bool isSame(const Value& a, const Value& b) {
  if (a.is(ValueKind::floating) && b.is(ValueKind::floating) && std::isnan(a.asFloating()) &&
      std::isnan(b.asFloating())) {
    return true;
  }
  return a.kind() == b.kind() && sameValue(a, b);
}

void declareFunction(FunctionTable& table, const std::string& name, const ProtoMessage& function) {
  for (const auto* each : function.all("overloads")) {
    Overload overload;
    overload.id = each->message->scalar("overload_id");
    overload.isMember = each->message->scalar("is_instance_function") == "true";
    for (const auto* param : each->message->all("params")) overload.params.push_back(readType(*param->message));
    overload.result = readType(*each->message->message("result_type"));
    table.add(name, std::move(overload));
  }
}

// What came out, in words; empty where it is what it should be.
std::string verdict(const ProtoMessage& test) {
  auto functions = std::make_shared<FunctionTable>(*languageFunctions());
  std::vector<std::pair<std::string, TypeRef>> variables;
  for (const auto* each : test.all("type_env")) {
    const std::string name = each->message->scalar("name");
    if (const auto* ident = each->message->message("ident"))
      variables.emplace_back(name, readType(*ident->message("type")));
    if (const auto* function = each->message->message("function")) declareFunction(*functions, name, *function);
  }
  std::vector<std::pair<std::string, Value>> bindings;
  for (const auto* each : test.all("bindings")) {
    bindings.emplace_back(each->message->scalar("key"), readValue(*each->message->message("value"), *functions));
  }
  Environment environment(functions);
  environment.parsing().escapedNames = true;
  environment.parsing().bind = true;
  environment.parsing().existsOne = true;
  environment.checking().check = test.scalar("disable_check") != "true";
  environment.checking().container = test.scalar("container");
  std::vector<Value> values;
  for (const auto& [name, type] : variables) environment.declare(name, type), values.emplace_back();
  for (const auto& [name, value] : bindings) {
    size_t at = 0;
    while (at < variables.size() && variables[at].first != name) ++at;
    if (at < variables.size()) {
      values[at] = value;
    } else {
      environment.declare(name, types::dyn());
      values.push_back(value);
    }
  }
  const Compiled compiled = environment.compile(test.scalar("expr"));
  const bool failureMeant = test.has("eval_error") || test.has("any_eval_errors") || test.has("unknown");
  if (!compiled.program) return failureMeant ? "" : "does not compile: " + compiled.message;
  if (const auto* typed = test.message("typed_result")) {
    if (const auto* deduced = typed->message("deduced_type")) {
      const TypeRef wanted = readType(*deduced);
      if (!sameType(*wanted, *compiled.program->type())) {
        return "has the type " + shown(*compiled.program->type()) + " instead of " + shown(*wanted);
      }
    }
  }
  if (test.scalar("check_only") == "true") return "";
  const Value result = compiled.program->evaluate(values).value;
  if (failureMeant) return result.isError() ? "" : "comes to " + shown(result) + " and should fail";
  Value wanted = Value::boolean(true);
  if (const auto* value = test.message("value")) wanted = readValue(*value, *functions);
  if (const auto* typed = test.message("typed_result")) {
    if (const auto* value = typed->message("result")) wanted = readValue(*value, *functions);
  }
  return isSame(result, wanted) ? "" : "comes to " + shown(result) + " instead of " + shown(wanted);
}

class Conformance : public testing::TestWithParam<File> {};

TEST_P(Conformance, HoldsWithoutMessageTypes) {
  const std::string path = std::string(CLEAT_REFERENCE_DIR) + "/cel/" + GetParam().name + ".textproto";
  std::ifstream file(path);
  if (!file) GTEST_SKIP() << "there is no reference beside this tree";
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  int ran = 0, messages = 0;
  const ProtoMessage whole = test::readProtoText(text);
  for (const auto* section : whole.all("section")) {
    for (const auto* test : section->message->all("test")) {
      const std::string name = section->message->scalar("name") + "/" + test->message->scalar("name");
      if (needsMessages(*test->message)) {
        ++messages;
        std::printf("needs message types: %s/%s\n", GetParam().name, name.c_str());
        continue;
      }
      if (isOtherwiseInKubernetes(name)) continue;
      ++ran;
      const std::string wrong = verdict(*test->message);
      EXPECT_EQ(wrong, "") << name << ": " << test->message->scalar("expr");
    }
  }
  EXPECT_GT(ran, 0);
  EXPECT_EQ(messages, GetParam().messages);
  RecordProperty("ran", ran);
  std::printf("%s: ran %d, do not apply %d\n", GetParam().name, ran, messages);
}

INSTANTIATE_TEST_SUITE_P(, Conformance,
                         testing::Values(File{"basic", 0}, File{"comparisons", 72}, File{"conversions", 0},
                                         File{"fp_math", 0}, File{"integer_math", 0}, File{"lists", 0},
                                         File{"logic", 0}, File{"macros", 0}, File{"optionals", 11}, File{"parse", 26},
                                         File{"plumbing", 0}, File{"string", 0}, File{"string_ext", 3},
                                         File{"timestamps", 1}, File{"type_deduction", 21}),
                         [](const auto& file) { return std::string(file.param.name); });

}  // namespace

}  // namespace cleat::cel
