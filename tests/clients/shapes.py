"""Bodies as well-known senders shape them: their fields, ids, sequences and manners, with words of our own."""

from typing import Any

Json = dict[str, Any]
MILLISECONDS, SECONDS = 1_795_000_000_000, 1_795_000_000
AVATAR = "https://git.example/avatars/1"


def github_commit(sha: str = "0f3b6c0e8a7d4f3f9a0c7b7c7a1d2e3f4a5b6c7d") -> Json:
    return {
        "author": {"avatar": AVATAR, "email": "mona@example.com", "name": "Mona", "url": "https://git.example/mona"},
        "authorTimestamp": "2026-11-18T12:00:00Z",
        "displayId": sha[:6],
        "fileCount": 2,
        "files": [
            {
                "path": "basket/total.py",
                "changeType": "MODIFIED",
                "linesAdded": 3,
                "linesRemoved": 1,
                "url": f"https://git.example/shop/web/blob/{sha}/basket/total.py",
            }
        ],
        "hash": sha,
        "id": sha,
        "issueKeys": ["SHOP-1"],
        "message": "SHOP-1 Round the total " + "\u2013 at last " * 120,
        "url": f"https://git.example/shop/web/commit/{sha}",
        "updateSequenceId": MILLISECONDS,
        "flags": ["MERGE_COMMIT"],
    }


# GitHub for Jira: numbers as ids of pull requests and as values of properties, a branch's odd name in hex.
GITHUB_DEVINFO: Json = {
    "preventTransitions": False,
    "operationType": "NORMAL",
    "repositories": [
        {
            "id": "487123",
            "name": "shop/web",
            "url": "https://git.example/shop/web",
            "updateSequenceId": MILLISECONDS,
            "commits": [github_commit()],
            "branches": [
                {
                    "createPullRequestUrl": "https://git.example/shop/web/compare/SHOP-1-total?title=SHOP-1&quick_pull=1",
                    "id": "~53484f502d312f746f74616c",
                    "issueKeys": ["SHOP-1"],
                    "lastCommit": github_commit("b3c1d5"),
                    "name": "SHOP-1/total",
                    "url": "https://git.example/shop/web/tree/SHOP-1/total",
                    "updateSequenceId": MILLISECONDS,
                }
            ],
            "pullRequests": [
                {
                    "author": {"avatar": AVATAR, "name": "Mona", "email": "mona@example.com"},
                    "commentCount": 0,
                    "destinationBranch": "main",
                    "destinationBranchUrl": "https://git.example/shop/web/tree/main",
                    "displayId": "#31",
                    "id": 31,
                    "issueKeys": ["SHOP-1"],
                    "lastUpdate": "2026-11-18T12:00:00Z",
                    "reviewers": [{"avatar": AVATAR, "name": "Hubot", "url": "", "approvalStatus": "UNAPPROVED"}],
                    "sourceBranch": "SHOP-1/total",
                    "sourceBranchUrl": "https://git.example/shop/web/tree/SHOP-1/total",
                    "status": "DRAFT",
                    "timestamp": "2026-11-18T12:00:00Z",
                    "title": "SHOP-1 Round the total",
                    "url": "https://git.example/shop/web/pull/31",
                    "updateSequenceId": MILLISECONDS,
                }
            ],
        }
    ],
    "properties": {"installationId": 27183},
}
GITHUB_BUILDS: Json = {
    "properties": {"gitHubInstallationId": 27183, "repositoryId": "487123"},
    "providerMetadata": {"product": "GitHub Actions"},
    "preventTransitions": False,
    "operationType": "NORMAL",
    "builds": [
        {
            "schemaVersion": "1.0",
            "pipelineId": "9144",
            "buildNumber": 77,
            "updateSequenceNumber": MILLISECONDS,
            "displayName": "Checks",
            "url": "https://git.example/shop/web/actions/runs/77",
            "state": "in_progress",
            "lastUpdated": "2026-11-18T12:00:00Z",
            "issueKeys": ["SHOP-1"],
            "references": [
                {
                    "commit": {"id": "b3c1d5", "repositoryUri": "https://git.example/shop/web"},
                    "ref": {"name": "SHOP-1/total", "uri": "https://git.example/shop/web/tree/SHOP-1/total"},
                }
            ],
        }
    ],
}
GITHUB_DEPLOYMENTS: Json = {
    "properties": {"gitHubInstallationId": 27183, "repositoryId": "487123"},
    "preventTransitions": False,
    "operationType": "BACKFILL",
    "deployments": [
        {
            "schemaVersion": "1.0",
            "deploymentSequenceNumber": 1_234_567,
            "updateSequenceNumber": 7_654_321,
            "displayName": "Round the total",
            "url": "https://git.example/shop/web/commit/b3c1d5/checks",
            "description": "deploy",
            "lastUpdated": "2026-11-18T12:05:00Z",
            "state": "successful",
            "pipeline": {"id": "deploy", "displayName": "deploy", "url": "https://git.example/shop/web/actions"},
            "environment": {"id": "production", "displayName": "production", "type": "production"},
            "associations": [
                {"associationType": "issueIdOrKeys", "values": ["SHOP-1"]},
                {"associationType": "commit", "values": [{"commitHash": "b3c1d5", "repositoryId": "487123"}]},
            ],
        }
    ],
}

# GitLab: one sequence for all of a submission, branches under a hash of their name, pipelines by number.
GITLAB_DEVINFO: Json = {
    "repositories": [
        {
            "id": 278,
            "name": "Web",
            "description": "The shop",
            "url": "https://gitlab.example/shop/web",
            "avatar": None,
            "updateSequenceId": MILLISECONDS,
            "commits": [],
            "branches": [
                {
                    "id": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "issueKeys": ["SHOP-2"],
                    "name": "SHOP-2-price",
                    "lastCommit": {
                        "id": "6dcb09b5",
                        "issueKeys": ["SHOP-2"],
                        "hash": "6dcb09b5",
                        "displayId": "6dcb09b5",
                        "message": "SHOP-2 Show the price \ufffd",
                        "flags": [],
                        "author": {"name": "Tanuki", "email": "tanuki@example.com"},
                        "fileCount": 1,
                        "files": [],
                        "authorTimestamp": "2026-11-18T13:00:00.000+01:00",
                        "url": "https://gitlab.example/shop/web/-/commit/6dcb09b5",
                        "updateSequenceId": MILLISECONDS,
                    },
                    "url": "https://gitlab.example/shop/web/-/tree/SHOP-2-price",
                    "createPullRequestUrl": "https://gitlab.example/shop/web/-/merge_requests/new",
                    "updateSequenceId": MILLISECONDS,
                }
            ],
            "pullRequests": [
                {
                    "id": 5,
                    "issueKeys": ["SHOP-2"],
                    "displayId": "!5",
                    "title": "SHOP-2 Show the price",
                    "author": {"name": "Tanuki", "email": "tanuki@example.com"},
                    "commentCount": 3,
                    "sourceBranch": "SHOP-2-price",
                    "destinationBranch": "main",
                    "lastUpdate": "2026-11-18T13:00:00.000+01:00",
                    "status": "OPEN",
                    "sourceBranchUrl": "https://gitlab.example/shop/web/-/tree/SHOP-2-price",
                    "url": "https://gitlab.example/shop/web/-/merge_requests/5",
                    "reviewers": [{"name": "Fox", "approvalStatus": "APPROVED"}],
                    "updateSequenceId": MILLISECONDS,
                }
            ],
        }
    ],
    "properties": {"projectId": 278},
}
GITLAB_BUILDS: Json = {
    "providerMetadata": {"product": "GitLab 18.5.0"},
    "builds": [
        {
            "schemaVersion": "1.0",
            "pipelineId": "shop/web",
            "buildNumber": 901,
            "updateSequenceNumber": MILLISECONDS,
            "displayName": "Web (main)",
            "lastUpdated": "2026-11-18T13:00:00.000+01:00",
            "url": "https://gitlab.example/shop/web/-/pipelines/901",
            "state": "failed",
            "issueKeys": ["SHOP-2"],
            "testInfo": {"totalNumber": 40, "numberPassed": 38, "numberFailed": 2, "numberSkipped": 0},
            "references": [
                {
                    "commit": {"id": "6dcb09b5", "repositoryUri": "https://gitlab.example/shop/web"},
                    "ref": {"name": "main", "uri": "https://gitlab.example/shop/web/-/commits/main"},
                }
            ],
        }
    ],
    "properties": {"projectId": 278},
}
GITLAB_DEPLOYMENTS: Json = {
    "providerMetadata": {"product": "GitLab 18.5.0"},
    "deployments": [
        {
            "schemaVersion": "1.0",
            "deploymentSequenceNumber": 61,
            "updateSequenceNumber": MILLISECONDS,
            "displayName": "Deployment 61 (6dcb09b5) to review/price",
            "url": "https://gitlab.example/shop/web/-/jobs/5512",
            "description": "Deployment 61 of Web at 6dcb09b5 (deploy) to review/price",
            "lastUpdated": "2026-11-18T13:00:00.000+01:00",
            "state": "in_progress",
            "pipeline": {
                "id": "901",
                "displayName": "901",
                "url": "https://gitlab.example/shop/web/-/pipelines/901",
            },
            "environment": {"id": "17", "displayName": "review/price", "type": "development"},
            "associations": [
                {"associationType": "issueIdOrKeys", "values": ["SHOP-2"]},
                {"associationType": "commit", "values": [{"commitHash": "6dcb09b5", "repositoryId": "278"}]},
            ],
            "commands": None,
        }
    ],
    "properties": {"projectId": 278},
}

# The Jenkins plugin: one entity a request, seconds for a sequence.
JENKINS_BUILDS: Json = {
    "providerMetadata": {"product": "jenkins"},
    "properties": {"source": "jenkins"},
    "builds": [
        {
            "schemaVersion": "1.0",
            "pipelineId": "shop » web » SHOP-3",
            "buildNumber": 12,
            "updateSequenceNumber": SECONDS,
            "displayName": "shop/web/SHOP-3",
            "description": None,
            "label": None,
            "url": "https://jenkins.example/job/shop/job/web/job/SHOP-3/12/",
            "state": "successful",
            "lastUpdated": "2026-11-18T12:00:00.123456Z",
            "issueKeys": ["SHOP-3"],
            "testInfo": None,
            "references": None,
        }
    ],
}
JENKINS_DEPLOYMENTS: Json = {
    "providerMetadata": {"product": "jenkins"},
    "deployments": [
        {
            "schemaVersion": "1.0",
            "deploymentSequenceNumber": 12,
            "updateSequenceNumber": SECONDS,
            "associations": [
                {"associationType": "issueIdOrKeys", "values": ["SHOP-3"]},
                {"associationType": "serviceIdOrKeys", "values": ["b:c2hvcA=="]},
            ],
            "displayName": "12",
            "url": "https://jenkins.example/job/shop/job/web/job/SHOP-3/12/",
            "description": "shop/web/SHOP-3",
            "lastUpdated": "2026-11-18T12:00:00.123456Z",
            "label": "12",
            "state": "pending",
            "pipeline": {
                "id": "shop/web/SHOP-3",
                "displayName": "shop/web/SHOP-3",
                "url": "https://jenkins.example/job/shop/job/web/job/SHOP-3/",
            },
            "environment": {"id": "stg-eu", "displayName": "Staging EU", "type": "staging"},
            "commands": [{"command": "initiate_deployment_gating"}],
        }
    ],
}

# The CircleCI orb: written by a shell with jq; an empty service id when none is configured.
CIRCLECI_BUILDS: Json = {
    "builds": [
        {
            "schemaVersion": "1.0",
            "pipelineId": "3f1c4a9e-0d0a-4f6f-9b1e-2f9b6a1d7c11",
            "buildNumber": 4021,
            "updateSequenceNumber": SECONDS,
            "displayName": "test",
            "url": "https://ci.example/gh/shop/web/4021",
            "state": "successful",
            "lastUpdated": "2026-11-18T12:00:00Z",
            "issueKeys": ["SHOP-4", "shop-5"],
        }
    ]
}
CIRCLECI_DEPLOYMENTS: Json = {
    "deployments": [
        {
            "schemaVersion": "1.0",
            "pipeline": {
                "id": "shop/web",
                "displayName": "web",
                "url": "https://ci.example/gh/shop/web",
            },
            "deploymentSequenceNumber": 4022,
            "updateSequenceNumber": SECONDS,
            "displayName": "deploy",
            "description": "web #4022 deploy",
            "url": "https://ci.example/gh/shop/web/4022",
            "state": "successful",
            "lastUpdated": "2026-11-18T12:00:00Z",
            "associations": [
                {"associationType": "issueKeys", "values": ["SHOP-4"]},
                {"associationType": "serviceIdOrKeys", "values": [""]},
            ],
            "environment": {"id": "production", "displayName": "production", "type": "production"},
        }
    ]
}
