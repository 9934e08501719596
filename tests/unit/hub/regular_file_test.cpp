// SPDX-License-Identifier: Apache-2.0
#include "hub/regular_file.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::hub {
namespace {

const std::string kGitId = "ce013625030ba8dba906f756967f9e9ca394464a";

// The ids that `git hash-object` gives.
TEST(GitBlobHasherTest, gives_the_blob_id_of_git) {
  auto hasher = git_blob_hasher(6);
  hasher.update("hel");
  hasher.update("lo\n");
  EXPECT_EQ(hasher.finish().hex(), kGitId);
  EXPECT_EQ(git_blob_hasher(0).finish().hex(), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
}

TEST(GitIdTest, is_read_in_each_spelling) {
  for (const auto& etag : {'"' + kGitId + '"', "W/\"" + kGitId + '"', kGitId})
    EXPECT_EQ(git_id_in_etag(etag), Sha1::from_hex(kGitId)) << etag;
  for (const auto& etag :
       {std::string(), std::string("\"\""), std::string(64, 'a'), '"' + kGitId + "0\"", std::string(40, 'g')})
    EXPECT_EQ(git_id_in_etag(etag), std::nullopt) << etag;
  EXPECT_EQ(git_etag(*Sha1::from_hex(kGitId)), '"' + kGitId + '"');
}

TEST(RegularFileNameTest, is_one_for_each_spelling_of_a_path) {
  std::string commit(40, 'a');
  RepoFile file{RepoType::dataset, "org/set", commit, "data/a b.txt"};
  EXPECT_EQ(regular_file_name("HuggingFace.co", file),
            (ObjectName{"huggingface.co", "/api/resolve-cache/datasets/org/set/" + commit + "/data/a%20b.txt"}));
  file.revision = std::string(40, 'A');
  EXPECT_EQ(regular_file_name("h", file).path, "/api/resolve-cache/datasets/org/set/" + commit + "/data/a%20b.txt");
}

TEST(KeptFieldsTest, hold_nothing_of_one_exchange_or_client) {
  const http::Fields ok = {
      {"content-type", "application/json"},
      {"Content-Length", "6"},
      {"Content-Disposition", "inline; filename=\"config.json\""},
      {"Connection", "close"},
      {"Set-Cookie", "token=secret"},
      {"X-Request-Id", "1"},
      {"RateLimit", "1"},
      {"Date", "Sat, 21 Nov 2026 07:00:00 GMT"},
      {"Age", "5"},
      {"ETag", '"' + kGitId + '"'},
      {"X-Repo-Commit", "c"},
      {"X-Xet-Hash", "a"},
      {"X-Some-Token", "secret"},
      {"Location", "https://cdn.hf.co/a?Signature=secret"},
      {"Vary", "Origin"},
  };
  EXPECT_EQ(kept_fields(ok), (http::Fields{{"content-type", "application/json"},
                                           {"Content-Disposition", "inline; filename=\"config.json\""},
                                           {"X-Repo-Commit", "c"},
                                           {"Vary", "Origin"}}));
}

TEST(RegularFileFieldsTest, are_what_was_kept_updated_by_the_304) {
  RegularFile file;
  file.git_id = *Sha1::from_hex(kGitId);
  file.fields = {{"Content-Type", "application/json"}, {"Cache-Control", "old"}, {"X-Repo-Commit", "c"}};
  const http::Fields not_modified = {
      {"cache-control", "new"}, {"Set-Cookie", "a=b"}, {"Content-Length", "0"}, {"Content-Type", "text/plain"},
      {"Connection", "close"},  {"ETag", "W/\"x\""},   {"X-Xet-Hash", "a"},
  };
  auto fields = regular_file_fields(file, not_modified);
  EXPECT_EQ(fields, (http::Fields{{"cache-control", "new"},
                                  {"Set-Cookie", "a=b"},
                                  {"Content-Type", "application/json"},
                                  {"X-Repo-Commit", "c"},
                                  {"ETag", '"' + kGitId + '"'},
                                  {"Accept-Ranges", "bytes"}}));
}

}  // namespace
}  // namespace weir::hub
