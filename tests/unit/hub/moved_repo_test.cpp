// SPDX-License-Identifier: Apache-2.0
#include "hub/moved_repo.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::hub {
namespace {

const WallTime kNow{std::chrono::seconds(1'795'000'000)};

std::optional<Answer> moved(const std::string& asked, const std::string& location, int status = 307,
                            http::Fields fields = {}) {
  fields.add("Location", location);
  http::ResponseHead head{status, "", 1, std::move(fields)};
  return moved_answer("GET", *http::parse_url("https://huggingface.co" + asked), head, kNow);
}

std::string moved_to(const std::string& asked, const std::string& location, int status = 307) {
  auto answer = moved(asked, location, status);
  return answer ? answer->repo.repo : "";
}

TEST(MovedRepoTest, is_where_the_same_is_under_another_name) {
  EXPECT_EQ(moved_to("/old/m/resolve/main/a.bin", "/new/m/resolve/main/a.bin?%2Fold%2Fm%2Fresolve=", 307), "new/m");
  EXPECT_EQ(moved_to("/gpt2/resolve/main/a.bin", "/org/gpt2/resolve/main/a.bin", 301), "org/gpt2");
  EXPECT_EQ(moved_to("/old/m/resolve/main/a.bin", "https://huggingface.co/new/m/resolve/main/a.bin", 308), "new/m");
  EXPECT_EQ(moved_to("/api/models/gpt2", "/api/models/org/gpt2", 302), "org/gpt2");
  EXPECT_EQ(moved_to("/api/datasets/old/d/tree/main?recursive=true", "/api/datasets/new/d/tree/main?recursive=true"),
            "new/d");
}

TEST(MovedRepoTest, is_nothing_else) {
  const std::string file = "/old/m/resolve/main/a.bin";
  for (const char* location :
       {"/old/m/resolve/main/a.bin?again", "/new/m/resolve/main/b.bin", "/new/m/resolve/v2/a.bin",
        "/datasets/new/m/resolve/main/a.bin", "/api/resolve-cache/models/new/m/x/a.bin", "/login", "",
        "https://cdn.huggingface.co/new/m/resolve/main/a.bin", "http://huggingface.co/new/m/resolve/main/a.bin",
        "https://example.org/new/m/resolve/main/a.bin", "/new/../m/resolve/main/a.bin"})
    EXPECT_EQ(moved_to(file, location), "") << location;
  for (int status : {200, 303, 304, 401, 404}) EXPECT_EQ(moved_to(file, "/new/m/resolve/main/a.bin", status), "");
  EXPECT_EQ(moved_to("/api/models/old/m", "/api/models/new/m/revision/v2"), "");
  EXPECT_EQ(moved_to("/api/whoami-v2", "/api/models/new/m"), "");
  auto twice = moved(file, "/new/m/resolve/main/a.bin", 307, {{"Location", "/other/m/resolve/main/a.bin"}});
  EXPECT_FALSE(twice) << "two places";
}

TEST(MovedRepoTest, keeps_the_place_and_nothing_of_one_client) {
  const std::string commit(40, 'c');
  auto answer = moved("/datasets/old/d/resolve/main/a", "/datasets/new/d/resolve/main/a", 307,
                      {{"X-Repo-Commit", commit}, {"Set-Cookie", "secret"}, {"Content-Type", "text/plain"}});
  ASSERT_TRUE(answer);
  EXPECT_TRUE(is_moved(*answer));
  Answer expected{{RepoType::dataset, "new/d"},
                  {{"X-Repo-Commit", commit}, {"Location", "/datasets/new/d/resolve/main/a"}},
                  "",
                  kNow};
  EXPECT_EQ(*answer, expected);
  EXPECT_FALSE(is_moved(Answer{}));
}

}  // namespace
}  // namespace weir::hub
