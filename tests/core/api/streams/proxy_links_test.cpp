// Links that lead back through a proxy.
#include <gtest/gtest.h>

#include "core/api/streams/proxy_links.h"

namespace cleat::api {
namespace {

const ProxiedPlace kPlace{"/p/proxy", "api.example.com", "10.0.0.7:80"};

TEST(ProxiedPlace, LeadsBackWhatIsItsOwn) {
  EXPECT_EQ(kPlace.rewritten("/a?b#c"), "/p/proxy/a?b#c");
  EXPECT_EQ(kPlace.rewritten("/p/proxy/a"), "/p/proxy/a");
  EXPECT_EQ(kPlace.rewritten("http://10.0.0.7:80/a"), "/p/proxy/a");
  EXPECT_EQ(kPlace.rewritten("//api.example.com/a"), "//api.example.com/p/proxy/a");
  EXPECT_EQ(kPlace.rewritten("https://api.example.com/p/proxy/a"), "https://api.example.com/p/proxy/a");
  for (const char* elsewhere : {"", "a", "?b", "#c", "//example.com/a", "https://example.com/a", "mailto:a@b.c"}) {
    EXPECT_EQ(kPlace.rewritten(elsewhere), elsewhere);
  }
}

// However the page comes in pieces.
std::string through(std::string_view page, size_t piece) {
  ProxiedPage proxied(kPlace);
  std::string out;
  for (; !page.empty(); page.remove_prefix(std::min(piece, page.size()))) out += proxied.feed(page.substr(0, piece));
  return out + proxied.rest();
}

TEST(ProxiedPage, RewritesLinksAndNothingElse) {
  const std::pair<const char*, const char*> pages[] = {
      {"<a href=\"/x\">/x</a>", "<a href=\"/p/proxy/x\">/x</a>"},
      {"<A HREF='/x' title='/x'>", "<A HREF='/p/proxy/x' title='/x'>"},
      {"<img alt=\"a>b\" src=/x.png><br/>", "<img alt=\"a>b\" src=/p/proxy/x.png><br/>"},
      {"<p href='/x'>1 < 2</p>", "<p href='/x'>1 < 2</p>"},
      {"<!-- <a href='/x'> -- > --><a href='/y'>", "<!-- <a href='/x'> -- > --><a href='/p/proxy/y'>"},
      {"<script src=\"/s.js\">if (a<b) '<a href=\"/x\">' </script><a href='/y'>",
       "<script src=\"/p/proxy/s.js\">if (a<b) '<a href=\"/x\">' </script><a href='/p/proxy/y'>"},
      {"it's <b>5 o'clock</b> <a href='/x'>", "it's <b>5 o'clock</b> <a href='/p/proxy/x'>"},
      {"cut <a href='/x", "cut <a href='/x"},
      {"<<a href='/x'>", "<<a href='/p/proxy/x'>"}};
  for (const auto& [page, expected] : pages) {
    for (size_t piece : {1, 3, 1000}) EXPECT_EQ(through(page, piece), expected) << piece;
  }
}

TEST(ProxiedPage, HoldsNoEndlessTag) {
  ProxiedPage proxied(kPlace);
  const std::string piece(1000, 'x');
  size_t out = proxied.feed("<a href='").size();
  for (int i = 0; i < 200; ++i) out += proxied.feed(piece).size();
  EXPECT_GT(out, 100'000u);
}

}  // namespace
}  // namespace cleat::api
