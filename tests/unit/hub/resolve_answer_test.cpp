// SPDX-License-Identifier: Apache-2.0
#include "hub/resolve_answer.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "hub/xet.h"

namespace weir::hub {

void PrintTo(const ResolveAnswer& answer, std::ostream* out) {
  *out << name_of(answer.verdict) << (answer.file ? " at " + answer.file->location.text() : "");
}

namespace {

const std::string kHex = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string kCdn = "https://us.aws.cdn.hf.co/xet-bridge-us/6/ab?Expires=1&Signature=s";

bool is_intercepted(std::string_view host) {
  return host == "huggingface.co" || host.ends_with(".hf.co");
}

ResolveAnswer judge(int status, const http::Fields& fields) {
  auto asked = http::parse_url("https://huggingface.co/org/name/resolve/main/model.bin");
  return judge_resolve_answer(http::ResponseHead{status, "", 1, fields}, *asked, is_intercepted);
}

http::Fields redirect(const std::string& location, const std::string& etag, const std::string& size) {
  return {{"Location", location}, {"X-Linked-ETag", etag}, {"X-Linked-Size", size}};
}

ResolveAnswer file_of(uint64_t size, const std::string& location = kCdn) {
  return {ResolveVerdict::file, FileRedirect{*Sha256::from_hex(kHex), size, *http::parse_url(location)}};
}

TEST(ResolveAnswerTest, a_redirect_that_names_sha256_and_size_is_the_file) {
  for (int status : {301, 302, 303, 307, 308})
    EXPECT_EQ(judge(status, redirect(kCdn, '"' + kHex + '"', "123")), file_of(123)) << status;
}

TEST(ResolveAnswerTest, reads_the_sha256_in_each_spelling) {
  std::string upper = kHex;
  for (char& c : upper) c = static_cast<char>(c >= 'a' ? c - 'a' + 'A' : c);
  for (const auto& etag : {'"' + kHex + '"', "W/\"" + kHex + '"', kHex, '"' + upper + '"'})
    EXPECT_EQ(judge(302, redirect(kCdn, etag, "0")), file_of(0)) << etag;
}

TEST(ResolveAnswerTest, a_relative_location_refers_to_what_was_asked) {
  EXPECT_EQ(judge(302, redirect("/lfs/ab?s=1", kHex, "1")), file_of(1, "https://huggingface.co/lfs/ab?s=1"));
  EXPECT_EQ(judge(302, redirect("//cdn.hf.co/ab", kHex, "1")), file_of(1, "https://cdn.hf.co/ab"));
}

TEST(ResolveAnswerTest, knows_the_limit_of_plain_http) {
  EXPECT_EQ(judge(302, redirect(kCdn, kHex, "50000000000")), file_of(kMaxPlainSize));
  auto large = judge(302, redirect(kCdn, kHex, "50000000001"));
  EXPECT_EQ(large.verdict, ResolveVerdict::too_large);
  EXPECT_EQ(large.file, file_of(kMaxPlainSize + 1).file);
}

struct Refused {
  ResolveVerdict verdict;
  int status;
  http::Fields fields;
};

TEST(ResolveAnswerTest, all_else_is_relayed) {
  const std::string git_id(40, 'a');
  const Refused cases[] = {
      {ResolveVerdict::not_a_redirect, 200, redirect(kCdn, kHex, "1")},
      {ResolveVerdict::not_a_redirect, 304, redirect(kCdn, kHex, "1")},
      {ResolveVerdict::not_a_redirect, 300, redirect(kCdn, kHex, "1")},
      {ResolveVerdict::not_a_redirect, 401, {}},
      {ResolveVerdict::not_a_redirect, 404, {{"X-Error-Code", "EntryNotFound"}}},
      {ResolveVerdict::no_digest,
       307,
       {{"Location", "/api/resolve-cache/models/org/name/x"}, {"X-Linked-ETag", git_id}}},
      {ResolveVerdict::no_digest, 302, {{"Location", kCdn}, {"X-Linked-Size", "1"}}},
      {ResolveVerdict::no_digest, 302, redirect(kCdn, kHex + "0", "1")},
      {ResolveVerdict::no_digest, 302, redirect(kCdn, "../" + kHex.substr(3), "1")},
      {ResolveVerdict::no_digest, 302, redirect(kCdn, "", "1")},
      {ResolveVerdict::no_size, 302, {{"Location", kCdn}, {"X-Linked-ETag", kHex}}},
      {ResolveVerdict::no_size, 302, redirect(kCdn, kHex, "-1")},
      {ResolveVerdict::no_size, 302, redirect(kCdn, kHex, "1.5")},
      {ResolveVerdict::no_size, 302, redirect(kCdn, kHex, "99999999999999999999999")},
      {ResolveVerdict::elsewhere, 302, redirect("https://example.org/x", kHex, "1")},
      {ResolveVerdict::elsewhere, 302, redirect("https://cdn.hf.co.example.org/x", kHex, "1")},
      {ResolveVerdict::elsewhere, 302, redirect("http://cdn.hf.co/x", kHex, "1")},
      {ResolveVerdict::elsewhere, 302, redirect("https://cdn.hf.co:8443/x", kHex, "1")},
      {ResolveVerdict::elsewhere, 302, redirect("https://127.0.0.1/x", kHex, "1")},
      {ResolveVerdict::renamed, 307, redirect("/org/new-name/resolve/main/model.bin", kHex, "1")},
      {ResolveVerdict::renamed, 307, {{"Location", "https://huggingface.co/org/new/resolve/main/m?download=true"}}},
      {ResolveVerdict::malformed, 302, {{"X-Linked-ETag", kHex}, {"X-Linked-Size", "1"}}},
      {ResolveVerdict::malformed, 302, redirect("https://user:pass@cdn.hf.co/x", kHex, "1")},
      {ResolveVerdict::malformed, 302, redirect("ftp://cdn.hf.co/x", kHex, "1")},
      {ResolveVerdict::malformed, 302, redirect("https://", kHex, "1")},
  };
  for (const auto& each : cases)
    EXPECT_EQ(judge(each.status, each.fields), (ResolveAnswer{each.verdict, std::nullopt}))
        << each.status << ' ' << each.fields.get("Location") << ' ' << each.fields.get("X-Linked-ETag") << ' '
        << each.fields.get("X-Linked-Size");
}

TEST(ResolveAnswerTest, a_field_that_comes_with_two_values_is_believed_in_neither) {
  const http::Field seconds[] = {
      {"Location", "https://cdn.hf.co/other"}, {"X-Linked-ETag", std::string(64, '0')}, {"X-Linked-Size", "2"}};
  for (const auto& second : seconds) {
    auto fields = redirect(kCdn, kHex, "1");
    fields.add(second.name, second.value);
    EXPECT_EQ(judge(302, fields).verdict, ResolveVerdict::malformed) << second.name;
  }
  auto twice = redirect(kCdn, kHex, "1");
  twice.add("X-Linked-Size", "1");
  EXPECT_EQ(judge(302, twice), file_of(1));
}

}  // namespace
}  // namespace weir::hub
