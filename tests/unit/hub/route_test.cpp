// SPDX-License-Identifier: Apache-2.0
#include "hub/route.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace weir::hub {

void PrintTo(const Route& route, std::ostream* out) {
  *out << name_of(route.kind) << ' ' << plural_of(route.file.type) << " repo '" << route.file.repo << "' revision '"
       << route.file.revision << "' path '" << route.file.path << "'";
}

namespace {

const std::string kCommit(40, 'a');

struct Case {
  std::string_view method;
  std::string target;
  Route route;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.method << ' ' << each.target;
}

Route resolve(RepoType type, std::string repo, std::string revision, std::string path) {
  return Route{RouteKind::resolve, {type, std::move(repo), std::move(revision), std::move(path)}};
}

Route cached(RepoType type, std::string repo, std::string path) {
  return Route{RouteKind::resolve_cache, {type, std::move(repo), kCommit, std::move(path)}};
}

Route of_repo(RouteKind kind, RepoType type, std::string repo) {
  return Route{kind, {type, std::move(repo), "", ""}};
}

Route listing_of(RepoType type, std::string repo, std::string revision) {
  return Route{RouteKind::listing, {type, std::move(repo), std::move(revision), ""}};
}

Route just(RouteKind kind) {
  return Route{kind, {}};
}

class HubRouteTest : public testing::TestWithParam<Case> {};

TEST_P(HubRouteTest, is_classified) {
  EXPECT_EQ(classify(Role::hub, GetParam().method, GetParam().target), GetParam().route);
}

TEST_P(HubRouteTest, has_no_file_on_other_hosts) {
  for (auto role : {Role::api, Role::cas, Role::cdn, Role::other})
    EXPECT_EQ(classify(role, GetParam().method, GetParam().target).file, RepoFile{}) << name_of(role);
}

constexpr auto kModel = RepoType::model;
constexpr auto kDataset = RepoType::dataset;
constexpr auto kSpace = RepoType::space;

INSTANTIATE_TEST_SUITE_P(
    Resolve, HubRouteTest,
    testing::Values(
        Case{"GET", "/org/name/resolve/main/config.json", resolve(kModel, "org/name", "main", "config.json")},
        Case{"HEAD", "/org/name/resolve/main/config.json", resolve(kModel, "org/name", "main", "config.json")},
        Case{"GET", "/org/name/resolve/main/a/b/c.bin?download=true", resolve(kModel, "org/name", "main", "a/b/c.bin")},
        Case{"GET", "/gpt2/resolve/main/model.safetensors", resolve(kModel, "gpt2", "main", "model.safetensors")},
        Case{"GET", "/gpt2/resolve/main/resolve/x", resolve(kModel, "gpt2", "main", "resolve/x")},
        Case{"GET", "/datasets/org/name/resolve/main/d.parquet", resolve(kDataset, "org/name", "main", "d.parquet")},
        Case{"GET", "/datasets/squad/resolve/main/d.parquet", resolve(kDataset, "squad", "main", "d.parquet")},
        Case{"GET", "/spaces/org/name/resolve/main/app.py", resolve(kSpace, "org/name", "main", "app.py")},
        Case{"GET", "/kernels/org/name/resolve/main/k.so", resolve(RepoType::kernel, "org/name", "main", "k.so")},
        Case{"GET", "/org/name/resolve/refs%2Fpr%2F1/x", resolve(kModel, "org/name", "refs/pr/1", "x")},
        Case{"GET", "/org/name/resolve/refs%2fconvert%2fparquet/x",
             resolve(kModel, "org/name", "refs/convert/parquet", "x")},
        Case{"GET", "/org/name/resolve/" + kCommit + "/x", resolve(kModel, "org/name", kCommit, "x")},
        Case{"GET", "/org/name/resolve/main/a%20b%2Bc.bin", resolve(kModel, "org/name", "main", "a b+c.bin")},
        Case{"GET", "/org/name/resolve/main/sub%2Ffile.bin", resolve(kModel, "org/name", "main", "sub/file.bin")},
        Case{"GET", "/org/name/resolve/main/%E6%96%87", resolve(kModel, "org/name", "main", "\xE6\x96\x87")},
        Case{"GET", "/org/n.a_m-e.git/resolve/main/x", resolve(kModel, "org/n.a_m-e.git", "main", "x")},
        Case{"GET", "/resolve/resolve/resolve/main/x", resolve(kModel, "resolve/resolve", "main", "x")},
        Case{"GET", "/gpt2/resolve/resolve/x", resolve(kModel, "gpt2", "resolve", "x")},
        Case{"GET", "/org/name/%72esolve/main/x", resolve(kModel, "org/name", "main", "x")}));

INSTANTIATE_TEST_SUITE_P(NotResolve, HubRouteTest,
                         testing::Values(Case{"OPTIONS", "/org/name/resolve/main/x", just(RouteKind::other)},
                                         Case{"POST", "/org/name/resolve/main/x", just(RouteKind::upload)},
                                         Case{"get", "/org/name/resolve/main/x", just(RouteKind::upload)},
                                         Case{"GET", "/org/name/resolve/main", just(RouteKind::other)},
                                         Case{"GET", "/org/name/resolve/main/", just(RouteKind::other)},
                                         Case{"GET", "/org/name/resolve/", just(RouteKind::other)},
                                         Case{"GET", "/org/name/resolve//x", just(RouteKind::other)},
                                         Case{"GET", "/org/name/Resolve/main/x", just(RouteKind::other)},
                                         Case{"GET", "/org/name/raw/main/x", just(RouteKind::other)},
                                         Case{"GET", "/org/name/blob/main/x", just(RouteKind::other)},
                                         Case{"GET", "/resolve/main/x", just(RouteKind::other)},
                                         Case{"GET", "/a/b/c/resolve/main/x", just(RouteKind::other)},
                                         Case{"GET", "/datasets/resolve/main/x", just(RouteKind::other)},
                                         Case{"GET", "/datasets/a/b/c/resolve/main/x", just(RouteKind::other)},
                                         Case{"GET", "/buckets/org/name/resolve/x/y", just(RouteKind::other)},
                                         Case{"GET", "/buckets/resolve/main/x", just(RouteKind::other)},
                                         Case{"GET", "/api/resolve/main/x", just(RouteKind::other)},
                                         Case{"GET", "/api/name/resolve/main/x", just(RouteKind::other)},
                                         Case{"GET", "/", just(RouteKind::other)},
                                         Case{"GET", "", just(RouteKind::other)},
                                         Case{"OPTIONS", "*", just(RouteKind::other)}));

INSTANTIATE_TEST_SUITE_P(
    HostilePaths, HubRouteTest,
    testing::Values(Case{"GET", "/org/name/resolve/main/../../../other/x", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/a/../x", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/%2e%2e/x", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/a%2F..%2Fx", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/./x", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/x%00", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/x%0d%0aSet-Cookie:a", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/a%5C..%5Cx", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main//x", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/%2Fx", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/%2e%2e/x", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/refs%2F..%2Fmain/x", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main%2F/x", just(RouteKind::other)},
                    Case{"GET", "/org%2Fname/resolve/main/x", just(RouteKind::other)},
                    Case{"GET", "/org/na%20me/resolve/main/x", just(RouteKind::other)},
                    Case{"GET", "/org/na%3Ame/resolve/main/x", just(RouteKind::other)},
                    Case{"GET", "/../name/resolve/main/x", just(RouteKind::other)},
                    Case{"GET", "/./name/resolve/main/x", just(RouteKind::other)},
                    Case{"GET", "/org/name%2Fresolve%2Fmain%2Fx", just(RouteKind::other)},
                    Case{"GET", "/org/" + std::string(300, 'n') + "/resolve/main/x", just(RouteKind::other)},
                    Case{"GET", "/org/name/resolve/main/%GG", just(RouteKind::other)},
                    Case{"GET", "/api/../org/name/resolve/main/x", just(RouteKind::other)},
                    Case{"GET", "https://huggingface.co/org/name/resolve/main/x", just(RouteKind::other)}));

INSTANTIATE_TEST_SUITE_P(
    ResolveCache, HubRouteTest,
    testing::Values(
        Case{"GET", "/api/resolve-cache/models/org/name/" + kCommit + "/config.json?config.json=&etag=%22a%22",
             cached(kModel, "org/name", "config.json")},
        Case{"HEAD", "/api/resolve-cache/models/gpt2/" + kCommit + "/a/b.json", cached(kModel, "gpt2", "a/b.json")},
        Case{"GET", "/api/resolve-cache/datasets/org/name/" + kCommit + "/x", cached(kDataset, "org/name", "x")},
        Case{"GET", "/api/resolve-cache/spaces/org/name/" + kCommit + "/x", cached(kSpace, "org/name", "x")},
        Case{"GET", "/api/resolve-cache/models/org/name/" + std::string(40, 'A') + "/x",
             cached(kModel, "org/name", "x")},
        Case{"GET", "/api/resolve-cache/models/org/name/main/x", just(RouteKind::other)},
        Case{"GET", "/api/resolve-cache/models/org/name/" + kCommit, just(RouteKind::other)},
        Case{"GET", "/api/resolve-cache/models/org/name/" + kCommit + "/", just(RouteKind::other)},
        Case{"GET", "/api/resolve-cache/models/org/name/" + kCommit + "/../x", just(RouteKind::other)},
        Case{"GET", "/api/resolve-cache/buckets/org/name/" + kCommit + "/x", just(RouteKind::other)},
        Case{"GET", "/api/resolve-cache", just(RouteKind::other)},
        Case{"POST", "/api/resolve-cache/models/org/name/" + kCommit + "/x", just(RouteKind::upload)}));

INSTANTIATE_TEST_SUITE_P(
    Listings, HubRouteTest,
    testing::Values(Case{"GET", "/api/models/org/name", listing_of(kModel, "org/name", "main")},
                    Case{"GET", "/api/models/gpt2?blobs=true", listing_of(kModel, "gpt2", "main")},
                    Case{"HEAD", "/api/models/gpt2", listing_of(kModel, "gpt2", "main")},
                    Case{"GET", "/api/datasets/org/name/revision/main", listing_of(kDataset, "org/name", "main")},
                    Case{"GET", "/api/models/gpt2/revision/refs%2Fpr%2F1", listing_of(kModel, "gpt2", "refs/pr/1")},
                    Case{"GET", "/api/spaces/org/name/tree/main?recursive=True&expand=False",
                         listing_of(kSpace, "org/name", "main")},
                    Case{"GET", "/api/models/org/name/tree/main/a/b", listing_of(kModel, "org/name", "main")},
                    Case{"GET", "/api/models/org/name/tree/main/a%2Fb", listing_of(kModel, "org/name", "main")},
                    Case{"GET", "/api/models/org/name/tree/main/", listing_of(kModel, "org/name", "main")},
                    Case{"GET", "/api/models/gpt2/tree/main", listing_of(kModel, "gpt2", "main")},
                    Case{"POST", "/api/models/org/name/paths-info/main", listing_of(kModel, "org/name", "main")},
                    Case{"POST", "/api/datasets/squad/paths-info/main", listing_of(kDataset, "squad", "main")},
                    Case{"GET", "/api/kernels/org/name/tree/main", listing_of(RepoType::kernel, "org/name", "main")},
                    Case{"GET", "/api/models", just(RouteKind::other)},
                    Case{"GET", "/api/models?search=x", just(RouteKind::other)},
                    Case{"GET", "/api/whoami-v2", just(RouteKind::other)}, Case{"GET", "/api", just(RouteKind::other)},
                    Case{"GET", "/api/models/org/name/tree/refs%2Fpr%2F1/a",
                         listing_of(kModel, "org/name", "refs/pr/1")},
                    Case{"GET", "/api/models/org/name/tree/" + kCommit, listing_of(kModel, "org/name", kCommit)},
                    Case{"GET", "/api/models/org/name/commits/main?p=1", listing_of(kModel, "org/name", "main")},
                    Case{"GET", "/api/models/org/name/refs", of_repo(RouteKind::listing, kModel, "org/name")},
                    Case{"GET", "/api/datasets/squad/refs", listing_of(kDataset, "squad/refs", "main")},
                    Case{"GET", "/api/models/org/name/refs/main", just(RouteKind::other)},
                    Case{"POST", "/api/models/org/name/refs", just(RouteKind::upload)},
                    Case{"GET", "/api/models/org/name/xet-read-token/main", just(RouteKind::other)},
                    Case{"GET", "/api/models/org/name/commits", just(RouteKind::other)},
                    Case{"GET", "/api/models/org/name/commits/main/more", just(RouteKind::other)},
                    Case{"GET", "/api/models/org/../tree/main", just(RouteKind::other)},
                    Case{"GET", "/api/buckets/org/name/tree/main", just(RouteKind::other)},
                    Case{"POST", "/api/models/org/name/tree/main", just(RouteKind::upload)},
                    Case{"POST", "/api/models/org/name/preupload/main", just(RouteKind::upload)},
                    Case{"POST", "/api/models/org/name/commit/main", just(RouteKind::upload)},
                    Case{"DELETE", "/api/repos/delete", just(RouteKind::upload)}));

INSTANTIATE_TEST_SUITE_P(
    Git, HubRouteTest,
    testing::Values(
        Case{"POST", "/org/name.git/info/lfs/objects/batch", of_repo(RouteKind::lfs_batch, kModel, "org/name")},
        Case{"POST", "/org/name/info/lfs/objects/batch", of_repo(RouteKind::lfs_batch, kModel, "org/name")},
        Case{"POST", "/gpt2.git/info/lfs/objects/batch", of_repo(RouteKind::lfs_batch, kModel, "gpt2")},
        Case{"POST", "/datasets/org/name.git/info/lfs/objects/batch",
             of_repo(RouteKind::lfs_batch, kDataset, "org/name")},
        Case{"POST", "/spaces/org/name.git/info/lfs/objects/batch", of_repo(RouteKind::lfs_batch, kSpace, "org/name")},
        Case{"GET", "/org/name.git/info/lfs/objects/batch", just(RouteKind::other)},
        Case{"POST", "/org/name.git/info/lfs/locks/verify", just(RouteKind::upload)},
        Case{"POST", "/info/lfs/objects/batch", just(RouteKind::upload)},
        Case{"POST", "/buckets/org/name.git/info/lfs/objects/batch", just(RouteKind::upload)},
        Case{"POST", "/a/b/c.git/info/lfs/objects/batch", just(RouteKind::upload)},
        Case{"POST", "/org/.git/info/lfs/objects/batch", just(RouteKind::upload)},
        Case{"GET", "/org/name/info/refs?service=git-upload-pack", of_repo(RouteKind::git, kModel, "org/name")},
        Case{"GET", "/datasets/org/name.git/info/refs?service=git-upload-pack",
             of_repo(RouteKind::git, kDataset, "org/name")},
        Case{"POST", "/org/name/git-upload-pack", of_repo(RouteKind::git, kModel, "org/name")},
        Case{"POST", "/org/name.git/git-receive-pack", of_repo(RouteKind::git, kModel, "org/name")},
        Case{"GET", "/org/name/git-upload-pack", just(RouteKind::other)},
        Case{"GET", "/info/refs", just(RouteKind::other)}));

TEST(RouteTest, a_cdn_has_objects_whatever_their_path) {
  for (auto target : {"/xet-bridge-us/64/ab?Expires=1", "/repos/aa/bb/c", "/", "/a/../b", "/%00"}) {
    EXPECT_EQ(classify(Role::cdn, "GET", target), just(RouteKind::cdn_object)) << target;
    EXPECT_EQ(classify(Role::cdn, "HEAD", target), just(RouteKind::cdn_object)) << target;
    EXPECT_EQ(classify(Role::cdn, "PUT", target), just(RouteKind::upload)) << target;
    EXPECT_EQ(classify(Role::cdn, "OPTIONS", target), just(RouteKind::other)) << target;
  }
}

TEST(RouteTest, a_cas_has_reconstructions) {
  for (auto target :
       {"/v1/reconstructions/ab", "/v2/reconstructions/ab?x", "/reconstructions/ab", "/reconstruction/ab"})
    EXPECT_EQ(classify(Role::cas, "GET", target), just(RouteKind::xet_download)) << target;
  for (auto target : {"/v1/chunks/default-merkledb/ab", "/v1/reconstructions", "/v1", "/", "/v3/reconstructions/ab"})
    EXPECT_EQ(classify(Role::cas, "GET", target), just(RouteKind::other)) << target;
  EXPECT_EQ(classify(Role::cas, "POST", "/v1/telemetry"), just(RouteKind::upload));
}

TEST(RouteTest, other_hosts_have_reads_and_uploads) {
  for (auto role : {Role::api, Role::other}) {
    EXPECT_EQ(classify(role, "GET", "/info?dataset=a"), just(RouteKind::other));
    EXPECT_EQ(classify(role, "PATCH", "/info"), just(RouteKind::upload));
  }
}

}  // namespace
}  // namespace weir::hub
