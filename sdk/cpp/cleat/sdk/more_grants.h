// CLEAT_GRANTS asks for what has no room in the manifest: of its `.grants` there are two kilobytes, of these 64. Both
// count, and are read without running any of the plugin's code.
//
//   CLEAT_PLUGIN(Backups, .name = "controller-backups", .roles = "controller", …, .grants = "- pods get,list,watch\n");
//   CLEAT_GRANTS("apps deployments,statefulsets get,list\n"
//                "batch jobs create\n");
#pragma once

// The section of the file: texts, each with a zero behind it.
#define CLEAT_GRANTS_SECTION ".cleat.grants"

#define CLEAT_GRANTS_JOINED(a, b) a##b
#define CLEAT_GRANTS_AS(TEXT, NUMBER)                                                                                 \
  namespace {                                                                                                         \
  [[gnu::section(CLEAT_GRANTS_SECTION), gnu::used, gnu::retain]] constexpr char CLEAT_GRANTS_JOINED(cleatGrants,      \
                                                                                                    NUMBER)[] = TEXT; \
  }                                                                                                                   \
  static_assert(true, "a semicolon follows CLEAT_GRANTS(…)")
#define CLEAT_GRANTS(TEXT) CLEAT_GRANTS_AS(TEXT, __COUNTER__)
