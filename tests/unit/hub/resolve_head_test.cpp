// SPDX-License-Identifier: Apache-2.0
#include "hub/resolve_head.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::hub {
namespace {

const std::string kHex(64, 'a');

// As the hub answered in 2026, with what a CDN in front of it adds.
const http::Fields kRedirect = {
    {"Content-Type", "text/plain; charset=utf-8"},
    {"Content-Length", "1369"},
    {"Connection", "keep-alive, X-Hop"},
    {"X-Hop", "1"},
    {"Keep-Alive", "timeout=5"},
    {"Transfer-Encoding", "chunked"},
    {"Date", "Sat, 21 Nov 2026 07:00:00 GMT"},
    {"Location", "https://us.aws.cdn.hf.co/xet-bridge-us/a/b?Signature=secret"},
    {"X-Powered-By", "huggingface-moon"},
    {"X-Request-Id", "Root=1-2"},
    {"RateLimit", "\"resolvers\";r=2999;t=100"},
    {"Access-Control-Allow-Origin", "https://huggingface.co"},
    {"Access-Control-Expose-Headers", "X-Repo-Commit,X-Linked-Size"},
    {"Vary", "Origin, Accept"},
    {"Set-Cookie", "token=1"},
    {"X-Repo-Commit", "c"},
    {"Accept-Ranges", "none"},
    {"X-Linked-Size", "123"},
    {"X-Linked-ETag", '"' + kHex + '"'},
    {"X-Xet-Hash", "ab"},
    {"X-Xet-Refresh-Route", "/r"},
    {"Link", "<https://huggingface.co/a>; rel=\"xet-auth\", <https://huggingface.co/b>; rel=\"canonical\""},
    {"Cache-Control", "no-store"},
    {"Content-Disposition", "inline; filename=\"model.bin\""},
    {"Content-Encoding", "gzip"},
    {"ETag", "\"of the text\""},
    {"Last-Modified", "Sat, 21 Nov 2026 07:00:00 GMT"},
    {"Alt-Svc", "h3=\":443\""},
};

TEST(FileFieldsTest, are_those_of_the_file) {
  auto fields = file_fields(kRedirect, *Sha256::from_hex(kHex));
  const http::Fields expected = {
      {"Date", "Sat, 21 Nov 2026 07:00:00 GMT"},
      {"X-Powered-By", "huggingface-moon"},
      {"X-Request-Id", "Root=1-2"},
      {"RateLimit", "\"resolvers\";r=2999;t=100"},
      {"Access-Control-Allow-Origin", "https://huggingface.co"},
      {"Access-Control-Expose-Headers", "X-Repo-Commit,X-Linked-Size"},
      {"Vary", "Origin, Accept"},
      {"Set-Cookie", "token=1"},
      {"X-Repo-Commit", "c"},
      {"X-Linked-Size", "123"},
      {"X-Linked-ETag", '"' + kHex + '"'},
      {"Link", "<https://huggingface.co/b>; rel=\"canonical\""},
      {"Cache-Control", "no-store"},
      {"Content-Disposition", "inline; filename=\"model.bin\""},
      {"Content-Type", "application/octet-stream"},
      {"ETag", '"' + kHex + '"'},
      {"Accept-Ranges", "bytes"},
  };
  EXPECT_EQ(fields.size(), expected.size());
  for (const auto& field : expected) EXPECT_EQ(fields.get(field.name), field.value) << field.name;
}

}  // namespace
}  // namespace weir::hub
