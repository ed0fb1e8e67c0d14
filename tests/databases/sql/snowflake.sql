WITH clw_rows AS (
  SELECT
    "t3"."campaign_id",
    "t3"."campaign_name",
    "t3"."timestamp",
    "t3"."cause",
    "t3"."open",
    ROW_NUMBER() OVER (
      PARTITION BY "t3"."cause" IS NULL, "t3"."event_id"
      ORDER BY "t3"."mark" ASC, "t3"."timestamp" ASC, "t3"."campaign_id" ASC, "t3"."message_id" ASC, "t3"."execution_id" ASC, "t3"."profile_id" ASC, "t3"."event_type" ASC, "t3"."channel" ASC, "t3"."bounce_type" ASC, "t3"."reason" ASC, "t3"."domain" ASC, "t3"."platform" ASC, "t3"."is_test" ASC, "t3"."is_async" ASC
    ) - 1 AS "place",
    IFF("t3"."campaign_id" = 'spring', "t3"."message_id", CAST(NULL AS VARCHAR)) AS "message_id",
    IFF("t3"."campaign_id" = 'spring', "t3"."message_name", CAST(NULL AS VARCHAR)) AS "message_name",
    IFF("t3"."campaign_id" = 'spring', "t3"."execution_id", CAST(NULL AS VARCHAR)) AS "execution_id",
    IFF("t3"."campaign_id" = 'spring', "t3"."channel", CAST(NULL AS VARCHAR)) AS "channel",
    IFF("t3"."campaign_id" = 'spring', "t3"."reason", CAST(NULL AS VARCHAR)) AS "reason",
    IFF("t3"."campaign_id" = 'spring', "t3"."domain", CAST(NULL AS VARCHAR)) AS "domain",
    IFF("t3"."campaign_id" = 'spring', "t3"."platform", CAST(NULL AS VARCHAR)) AS "platform",
    IFF(
      "t3"."campaign_id" = 'spring',
      (
        (
          (
            (
              (
                CAST(CASE
                  WHEN "t3"."channel" = 'email'
                  THEN 0
                  WHEN "t3"."channel" = 'push'
                  THEN 1
                  WHEN "t3"."channel" = 'sms'
                  THEN 2
                  WHEN "t3"."channel" = 'in_app'
                  THEN 3
                  WHEN "t3"."channel" = 'web'
                  THEN 4
                  WHEN "t3"."channel" = 'direct_mail'
                  THEN 5
                  ELSE 0
                END AS BIGINT) * 12
              ) + CAST(CASE
                WHEN "t3"."event_type" = 'targeted'
                THEN 0
                WHEN "t3"."event_type" = 'excluded'
                THEN 1
                WHEN "t3"."event_type" = 'error'
                THEN 2
                WHEN "t3"."event_type" = 'sent'
                THEN 3
                WHEN "t3"."event_type" = 'delivered'
                THEN 4
                WHEN "t3"."event_type" = 'delay'
                THEN 5
                WHEN "t3"."event_type" = 'bounce'
                THEN 6
                WHEN "t3"."event_type" = 'open'
                THEN 7
                WHEN "t3"."event_type" = 'click'
                THEN 8
                WHEN "t3"."event_type" = 'unsubscribe'
                THEN 9
                WHEN "t3"."event_type" = 'spam_complaint'
                THEN 10
                WHEN "t3"."event_type" = 'action'
                THEN 11
                ELSE 0
              END AS BIGINT)
            ) * 4
          ) + IFF(
            "t3"."event_type" = 'bounce',
            CAST(CASE
              WHEN "t3"."bounce_type" = 'hard'
              THEN 1
              WHEN "t3"."bounce_type" = 'soft'
              THEN 2
              WHEN "t3"."bounce_type" = 'ignored'
              THEN 3
              ELSE 0
            END AS BIGINT),
            0
          )
        ) * 4
      ) + IFF((
        "t3"."event_type" = 'bounce'
      ) AND "t3"."is_async", 2, 0) + IFF("t3"."is_test", 1, 0),
      CAST(NULL AS BIGINT)
    ) AS "kind",
    IFF(
      "t3"."campaign_id" = 'spring',
      CAST(FLOOR((
        DATE_PART('epoch', DATE_TRUNC('MINUTE', "t3"."timestamp"))
      ) / (
        60
      )) AS BIGINT),
      CAST(NULL AS BIGINT)
    ) AS "minute",
    IFF(
      "t3"."campaign_id" = 'spring',
      COALESCE("t3"."is_test", FALSE),
      CAST(NULL AS BOOLEAN)
    ) AS "is_test",
    IFF(
      (
        "t3"."campaign_id" = 'spring'
      )
      AND "t3"."event_type" IN ('targeted', 'sent', 'excluded', 'error'),
      HASH("t3"."profile_id"),
      CAST(NULL AS BIGINT)
    ) AS "high",
    IFF(
      (
        "t3"."campaign_id" = 'spring'
      )
      AND "t3"."event_type" IN ('targeted', 'sent', 'excluded', 'error'),
      HASH("t3"."profile_id", 7),
      CAST(NULL AS BIGINT)
    ) AS "low",
    "t3"."raw_id",
    "t3"."mark"
  FROM (
    SELECT
      "t2"."event_id",
      "t2"."campaign_id",
      "t2"."message_id",
      "t2"."channel",
      "t2"."profile_id",
      "t2"."event_type",
      "t2"."bounce_type",
      "t2"."reason",
      "t2"."domain",
      "t2"."platform",
      "t2"."execution_id",
      "t2"."campaign_name",
      "t2"."message_name",
      "t2"."is_async",
      "t2"."is_test",
      "t2"."timestamp",
      "t2"."raw_id",
      "t2"."mark",
      "t2"."cause",
      (
        "t2"."mark" IS NULL
      ) OR NOT (
        "t2"."mark" < CLW_UNTIL()
      ) AS "open"
    FROM (
      SELECT
        "t1"."event_id",
        "t1"."campaign_id",
        "t1"."message_id",
        "t1"."channel",
        "t1"."profile_id",
        "t1"."event_type",
        "t1"."bounce_type",
        IFF(
          SUBSTRING("t1"."reason", IFF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."reason")), 1) IN ('', ' ', '\t', '\n', '\r')
          AND (
            TRANSLATE("t1"."reason", ' \t\n\r', '') = ''
          ),
          CAST(NULL AS VARCHAR),
          "t1"."reason"
        ) AS "reason",
        LOWER(
          IFF(
            SUBSTRING("t1"."domain", IFF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."domain")), 1) IN ('', ' ', '\t', '\n', '\r')
            AND (
              TRANSLATE("t1"."domain", ' \t\n\r', '') = ''
            ),
            CAST(NULL AS VARCHAR),
            "t1"."domain"
          )
        ) AS "domain",
        IFF(
          SUBSTRING("t1"."platform", IFF((
            0 + 1
          ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."platform")), 1) IN ('', ' ', '\t', '\n', '\r')
          AND (
            TRANSLATE("t1"."platform", ' \t\n\r', '') = ''
          ),
          CAST(NULL AS VARCHAR),
          "t1"."platform"
        ) AS "platform",
        IFF(
          SUBSTRING(
            "t1"."execution_id",
            IFF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."execution_id")),
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            TRANSLATE("t1"."execution_id", ' \t\n\r', '') = ''
          ),
          CAST(NULL AS VARCHAR),
          "t1"."execution_id"
        ) AS "execution_id",
        IFF(
          SUBSTRING(
            "t1"."campaign_name",
            IFF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."campaign_name")),
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            TRANSLATE("t1"."campaign_name", ' \t\n\r', '') = ''
          ),
          CAST(NULL AS VARCHAR),
          "t1"."campaign_name"
        ) AS "campaign_name",
        IFF(
          SUBSTRING(
            "t1"."message_name",
            IFF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."message_name")),
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            TRANSLATE("t1"."message_name", ' \t\n\r', '') = ''
          ),
          CAST(NULL AS VARCHAR),
          "t1"."message_name"
        ) AS "message_name",
        "t1"."is_async",
        "t1"."is_test",
        "t1"."timestamp",
        "t1"."event_id" AS "raw_id",
        "t1"."ingested_at" AS "mark",
        CASE
          WHEN (
            "t1"."event_id" IS NULL
          )
          OR (
            SUBSTRING("t1"."event_id", IFF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."event_id")), 1) IN ('', ' ', '\t', '\n', '\r')
            AND (
              TRANSLATE("t1"."event_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'event_id is missing'
          WHEN "t1"."timestamp" IS NULL
          THEN 'timestamp is missing'
          WHEN (
            "t1"."campaign_id" IS NULL
          )
          OR (
            SUBSTRING(
              "t1"."campaign_id",
              IFF((
                0 + 1
              ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."campaign_id")),
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              TRANSLATE("t1"."campaign_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'campaign_id is missing'
          WHEN (
            "t1"."message_id" IS NULL
          )
          OR (
            SUBSTRING(
              "t1"."message_id",
              IFF((
                0 + 1
              ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."message_id")),
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              TRANSLATE("t1"."message_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'message_id is missing'
          WHEN (
            "t1"."channel" IS NULL
          )
          OR (
            SUBSTRING("t1"."channel", IFF((
              0 + 1
            ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."channel")), 1) IN ('', ' ', '\t', '\n', '\r')
            AND (
              TRANSLATE("t1"."channel", ' \t\n\r', '') = ''
            )
          )
          THEN 'channel is missing'
          WHEN (
            "t1"."profile_id" IS NULL
          )
          OR (
            SUBSTRING(
              "t1"."profile_id",
              IFF((
                0 + 1
              ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."profile_id")),
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              TRANSLATE("t1"."profile_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'profile_id is missing'
          WHEN (
            "t1"."event_type" IS NULL
          )
          OR (
            SUBSTRING(
              "t1"."event_type",
              IFF((
                0 + 1
              ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."event_type")),
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              TRANSLATE("t1"."event_type", ' \t\n\r', '') = ''
            )
          )
          THEN 'event_type is missing'
          WHEN NOT (
            "t1"."timestamp" BETWEEN TIMESTAMP_FROM_PARTS(1, 1, 1, 0, 0, 0, 0) AND TIMESTAMP_FROM_PARTS(9999, 12, 31, 23, 59, 59, 999999000)
          )
          THEN 'timestamp is not a time'
          WHEN NOT (
            "t1"."channel" IN ('email', 'push', 'sms', 'in_app', 'web', 'direct_mail')
          )
          THEN CONCAT(
            'unknown channel',
            IFF(
              REGEXP_LIKE("t1"."channel", CONCAT('.*', '^[A-Za-z_.-]{1,24}$', '.*'), 'cs'),
              CONCAT(CONCAT(' \'', "t1"."channel"), '\''),
              ''
            )
          )
          WHEN NOT (
            "t1"."event_type" IN (
              'targeted',
              'excluded',
              'error',
              'sent',
              'delivered',
              'delay',
              'bounce',
              'open',
              'click',
              'unsubscribe',
              'spam_complaint',
              'action'
            )
          )
          THEN CONCAT(
            'unknown event_type',
            IFF(
              REGEXP_LIKE("t1"."event_type", CONCAT('.*', '^[A-Za-z_.-]{1,24}$', '.*'), 'cs'),
              CONCAT(CONCAT(' \'', "t1"."event_type"), '\''),
              ''
            )
          )
          WHEN NOT (
            IFF(
              SUBSTRING(
                "t1"."bounce_type",
                IFF((
                  0 + 1
                ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."bounce_type")),
                1
              ) IN ('', ' ', '\t', '\n', '\r')
              AND (
                TRANSLATE("t1"."bounce_type", ' \t\n\r', '') = ''
              ),
              CAST(NULL AS VARCHAR),
              "t1"."bounce_type"
            ) IN ('hard', 'soft', 'ignored')
          )
          THEN CONCAT(
            'unknown bounce_type',
            IFF(
              REGEXP_LIKE(
                IFF(
                  SUBSTRING(
                    "t1"."bounce_type",
                    IFF((
                      0 + 1
                    ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."bounce_type")),
                    1
                  ) IN ('', ' ', '\t', '\n', '\r')
                  AND (
                    TRANSLATE("t1"."bounce_type", ' \t\n\r', '') = ''
                  ),
                  CAST(NULL AS VARCHAR),
                  "t1"."bounce_type"
                ),
                CONCAT('.*', '^[A-Za-z_.-]{1,24}$', '.*'),
                'cs'
              ),
              CONCAT(
                CONCAT(
                  ' \'',
                  IFF(
                    SUBSTRING(
                      "t1"."bounce_type",
                      IFF((
                        0 + 1
                      ) >= 1, 0 + 1, 0 + 1 + LENGTH("t1"."bounce_type")),
                      1
                    ) IN ('', ' ', '\t', '\n', '\r')
                    AND (
                      TRANSLATE("t1"."bounce_type", ' \t\n\r', '') = ''
                    ),
                    CAST(NULL AS VARCHAR),
                    "t1"."bounce_type"
                  )
                ),
                '\''
              ),
              ''
            )
          )
          ELSE CAST(NULL AS VARCHAR)
        END AS "cause"
      FROM (
        SELECT
          *
        FROM "events" AS "t0"
        WHERE
          "t0"."ingested_at" >= CLW_SINCE()
      ) AS "t1"
    ) AS "t2"
  ) AS "t3"
), clw_fresh AS (
  SELECT
    "t4"."campaign_id",
    "t4"."campaign_name",
    "t4"."timestamp",
    "t4"."open",
    "t4"."message_id",
    "t4"."message_name",
    "t4"."execution_id",
    "t4"."channel",
    "t4"."reason",
    "t4"."domain",
    "t4"."platform",
    "t4"."kind",
    "t4"."minute",
    "t4"."is_test",
    "t4"."high",
    "t4"."low"
  FROM (
    SELECT
      *
    FROM "clw_rows" AS "t0"
    WHERE
      "t0"."cause" IS NULL AND "t0"."place" = 0
  ) AS "t4"
  WHERE
    NOT EXISTS(
      SELECT
        1
      FROM (
        SELECT
          *
        FROM (
          SELECT
            "t5"."event_id",
            "t5"."campaign_id",
            "t5"."message_id",
            "t5"."channel",
            "t5"."profile_id",
            "t5"."event_type",
            "t5"."bounce_type",
            IFF(
              SUBSTRING("t5"."reason", IFF((
                0 + 1
              ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."reason")), 1) IN ('', ' ', '\t', '\n', '\r')
              AND (
                TRANSLATE("t5"."reason", ' \t\n\r', '') = ''
              ),
              CAST(NULL AS VARCHAR),
              "t5"."reason"
            ) AS "reason",
            LOWER(
              IFF(
                SUBSTRING("t5"."domain", IFF((
                  0 + 1
                ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."domain")), 1) IN ('', ' ', '\t', '\n', '\r')
                AND (
                  TRANSLATE("t5"."domain", ' \t\n\r', '') = ''
                ),
                CAST(NULL AS VARCHAR),
                "t5"."domain"
              )
            ) AS "domain",
            IFF(
              SUBSTRING("t5"."platform", IFF((
                0 + 1
              ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."platform")), 1) IN ('', ' ', '\t', '\n', '\r')
              AND (
                TRANSLATE("t5"."platform", ' \t\n\r', '') = ''
              ),
              CAST(NULL AS VARCHAR),
              "t5"."platform"
            ) AS "platform",
            IFF(
              SUBSTRING(
                "t5"."execution_id",
                IFF((
                  0 + 1
                ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."execution_id")),
                1
              ) IN ('', ' ', '\t', '\n', '\r')
              AND (
                TRANSLATE("t5"."execution_id", ' \t\n\r', '') = ''
              ),
              CAST(NULL AS VARCHAR),
              "t5"."execution_id"
            ) AS "execution_id",
            IFF(
              SUBSTRING(
                "t5"."campaign_name",
                IFF((
                  0 + 1
                ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."campaign_name")),
                1
              ) IN ('', ' ', '\t', '\n', '\r')
              AND (
                TRANSLATE("t5"."campaign_name", ' \t\n\r', '') = ''
              ),
              CAST(NULL AS VARCHAR),
              "t5"."campaign_name"
            ) AS "campaign_name",
            IFF(
              SUBSTRING(
                "t5"."message_name",
                IFF((
                  0 + 1
                ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."message_name")),
                1
              ) IN ('', ' ', '\t', '\n', '\r')
              AND (
                TRANSLATE("t5"."message_name", ' \t\n\r', '') = ''
              ),
              CAST(NULL AS VARCHAR),
              "t5"."message_name"
            ) AS "message_name",
            "t5"."is_async",
            "t5"."is_test",
            "t5"."timestamp",
            "t5"."event_id" AS "raw_id",
            "t5"."ingested_at" AS "mark",
            CASE
              WHEN (
                "t5"."event_id" IS NULL
              )
              OR (
                SUBSTRING("t5"."event_id", IFF((
                  0 + 1
                ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."event_id")), 1) IN ('', ' ', '\t', '\n', '\r')
                AND (
                  TRANSLATE("t5"."event_id", ' \t\n\r', '') = ''
                )
              )
              THEN 'event_id is missing'
              WHEN "t5"."timestamp" IS NULL
              THEN 'timestamp is missing'
              WHEN (
                "t5"."campaign_id" IS NULL
              )
              OR (
                SUBSTRING(
                  "t5"."campaign_id",
                  IFF((
                    0 + 1
                  ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."campaign_id")),
                  1
                ) IN ('', ' ', '\t', '\n', '\r')
                AND (
                  TRANSLATE("t5"."campaign_id", ' \t\n\r', '') = ''
                )
              )
              THEN 'campaign_id is missing'
              WHEN (
                "t5"."message_id" IS NULL
              )
              OR (
                SUBSTRING(
                  "t5"."message_id",
                  IFF((
                    0 + 1
                  ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."message_id")),
                  1
                ) IN ('', ' ', '\t', '\n', '\r')
                AND (
                  TRANSLATE("t5"."message_id", ' \t\n\r', '') = ''
                )
              )
              THEN 'message_id is missing'
              WHEN (
                "t5"."channel" IS NULL
              )
              OR (
                SUBSTRING("t5"."channel", IFF((
                  0 + 1
                ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."channel")), 1) IN ('', ' ', '\t', '\n', '\r')
                AND (
                  TRANSLATE("t5"."channel", ' \t\n\r', '') = ''
                )
              )
              THEN 'channel is missing'
              WHEN (
                "t5"."profile_id" IS NULL
              )
              OR (
                SUBSTRING(
                  "t5"."profile_id",
                  IFF((
                    0 + 1
                  ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."profile_id")),
                  1
                ) IN ('', ' ', '\t', '\n', '\r')
                AND (
                  TRANSLATE("t5"."profile_id", ' \t\n\r', '') = ''
                )
              )
              THEN 'profile_id is missing'
              WHEN (
                "t5"."event_type" IS NULL
              )
              OR (
                SUBSTRING(
                  "t5"."event_type",
                  IFF((
                    0 + 1
                  ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."event_type")),
                  1
                ) IN ('', ' ', '\t', '\n', '\r')
                AND (
                  TRANSLATE("t5"."event_type", ' \t\n\r', '') = ''
                )
              )
              THEN 'event_type is missing'
              WHEN NOT (
                "t5"."timestamp" BETWEEN TIMESTAMP_FROM_PARTS(1, 1, 1, 0, 0, 0, 0) AND TIMESTAMP_FROM_PARTS(9999, 12, 31, 23, 59, 59, 999999000)
              )
              THEN 'timestamp is not a time'
              WHEN NOT (
                "t5"."channel" IN ('email', 'push', 'sms', 'in_app', 'web', 'direct_mail')
              )
              THEN CONCAT(
                'unknown channel',
                IFF(
                  REGEXP_LIKE("t5"."channel", CONCAT('.*', '^[A-Za-z_.-]{1,24}$', '.*'), 'cs'),
                  CONCAT(CONCAT(' \'', "t5"."channel"), '\''),
                  ''
                )
              )
              WHEN NOT (
                "t5"."event_type" IN (
                  'targeted',
                  'excluded',
                  'error',
                  'sent',
                  'delivered',
                  'delay',
                  'bounce',
                  'open',
                  'click',
                  'unsubscribe',
                  'spam_complaint',
                  'action'
                )
              )
              THEN CONCAT(
                'unknown event_type',
                IFF(
                  REGEXP_LIKE("t5"."event_type", CONCAT('.*', '^[A-Za-z_.-]{1,24}$', '.*'), 'cs'),
                  CONCAT(CONCAT(' \'', "t5"."event_type"), '\''),
                  ''
                )
              )
              WHEN NOT (
                IFF(
                  SUBSTRING(
                    "t5"."bounce_type",
                    IFF((
                      0 + 1
                    ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."bounce_type")),
                    1
                  ) IN ('', ' ', '\t', '\n', '\r')
                  AND (
                    TRANSLATE("t5"."bounce_type", ' \t\n\r', '') = ''
                  ),
                  CAST(NULL AS VARCHAR),
                  "t5"."bounce_type"
                ) IN ('hard', 'soft', 'ignored')
              )
              THEN CONCAT(
                'unknown bounce_type',
                IFF(
                  REGEXP_LIKE(
                    IFF(
                      SUBSTRING(
                        "t5"."bounce_type",
                        IFF((
                          0 + 1
                        ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."bounce_type")),
                        1
                      ) IN ('', ' ', '\t', '\n', '\r')
                      AND (
                        TRANSLATE("t5"."bounce_type", ' \t\n\r', '') = ''
                      ),
                      CAST(NULL AS VARCHAR),
                      "t5"."bounce_type"
                    ),
                    CONCAT('.*', '^[A-Za-z_.-]{1,24}$', '.*'),
                    'cs'
                  ),
                  CONCAT(
                    CONCAT(
                      ' \'',
                      IFF(
                        SUBSTRING(
                          "t5"."bounce_type",
                          IFF((
                            0 + 1
                          ) >= 1, 0 + 1, 0 + 1 + LENGTH("t5"."bounce_type")),
                          1
                        ) IN ('', ' ', '\t', '\n', '\r')
                        AND (
                          TRANSLATE("t5"."bounce_type", ' \t\n\r', '') = ''
                        ),
                        CAST(NULL AS VARCHAR),
                        "t5"."bounce_type"
                      )
                    ),
                    '\''
                  ),
                  ''
                )
              )
              ELSE CAST(NULL AS VARCHAR)
            END AS "cause"
          FROM (
            SELECT
              *
            FROM "events" AS "t2"
            WHERE
              "t2"."ingested_at" < CLW_SINCE()
          ) AS "t5"
        ) AS "t6"
        WHERE
          "t6"."cause" IS NULL
      ) AS "t8"
      WHERE
        "t4"."raw_id" = "t8"."raw_id"
    )
)
SELECT
  *
FROM (
  WITH "t2" AS (
    SELECT
      *
    FROM "clw_fresh" AS "t0"
    WHERE
      "t0"."campaign_id" = 'spring'
  )
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          CAST(2 AS BIGINT) AS "what",
          "t13"."open",
          "t13"."a",
          "t13"."b",
          "t13"."c",
          CAST(NULL AS VARCHAR) AS "d",
          CAST(NULL AS VARCHAR) AS "e",
          CAST(NULL AS VARCHAR) AS "f",
          "t13"."kind",
          "t13"."minute",
          CAST(NULL AS BIGINT) AS "high",
          CAST(NULL AS BIGINT) AS "low",
          "t13"."n",
          CAST(NULL AS TIMESTAMPTZ) AS "first",
          CAST(NULL AS TIMESTAMPTZ) AS "last"
        FROM (
          SELECT
            "t6"."open",
            "t6"."kind",
            "t6"."domain" AS "a",
            "t6"."message_id" AS "b",
            "t6"."execution_id" AS "c",
            "t6"."minute",
            COUNT(*) AS "n"
          FROM "t2" AS "t6"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6
        ) AS "t13"
      ) AS "t21"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(3 AS BIGINT) AS "what",
          "t15"."open",
          "t15"."a",
          "t15"."b",
          "t15"."c",
          CAST(NULL AS VARCHAR) AS "d",
          CAST(NULL AS VARCHAR) AS "e",
          CAST(NULL AS VARCHAR) AS "f",
          "t15"."kind",
          "t15"."minute",
          CAST(NULL AS BIGINT) AS "high",
          CAST(NULL AS BIGINT) AS "low",
          "t15"."n",
          CAST(NULL AS TIMESTAMPTZ) AS "first",
          CAST(NULL AS TIMESTAMPTZ) AS "last"
        FROM (
          SELECT
            "t6"."open",
            "t6"."kind",
            "t6"."platform" AS "a",
            "t6"."message_id" AS "b",
            "t6"."execution_id" AS "c",
            "t6"."minute",
            COUNT(*) AS "n"
          FROM "t2" AS "t6"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6
        ) AS "t15"
      ) AS "t23"
    ) AS "t27"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          CAST(4 AS BIGINT) AS "what",
          "t3"."open",
          "t3"."a",
          "t3"."b",
          "t3"."c",
          "t3"."d",
          "t3"."e",
          "t3"."f",
          CAST(NULL AS BIGINT) AS "kind",
          CAST(NULL AS BIGINT) AS "minute",
          CAST(NULL AS BIGINT) AS "high",
          CAST(NULL AS BIGINT) AS "low",
          "t3"."n",
          "t3"."first",
          "t3"."last"
        FROM (
          SELECT
            "t0"."open",
            "t0"."campaign_id" AS "a",
            "t0"."campaign_name" AS "b",
            "t0"."message_id" AS "c",
            "t0"."message_name" AS "d",
            "t0"."execution_id" AS "e",
            "t0"."channel" AS "f",
            COUNT(*) AS "n",
            MIN("t0"."timestamp") AS "first",
            MAX("t0"."timestamp") AS "last"
          FROM "clw_fresh" AS "t0"
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7
        ) AS "t3"
      ) AS "t9"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(9 AS BIGINT) AS "what",
          "t10"."open",
          "t10"."a",
          CAST(NULL AS VARCHAR) AS "b",
          CAST(NULL AS VARCHAR) AS "c",
          CAST(NULL AS VARCHAR) AS "d",
          CAST(NULL AS VARCHAR) AS "e",
          CAST(NULL AS VARCHAR) AS "f",
          "t10"."kind",
          "t10"."minute",
          CAST(NULL AS BIGINT) AS "high",
          CAST(NULL AS BIGINT) AS "low",
          "t10"."n",
          "t10"."first",
          "t10"."last"
        FROM (
          SELECT
            "t0"."open",
            "t0"."campaign_id" AS "a",
            CAST(IFF("t0"."timestamp" > CLW_NOW(), 1, 0) AS BIGINT) AS "kind",
            IFF(NOT (
              "t0"."timestamp" > CLW_NOW()
            ), "t0"."minute", CAST(NULL AS BIGINT)) AS "minute",
            IFF("t0"."timestamp" > CLW_NOW(), "t0"."timestamp", CAST(NULL AS TIMESTAMPTZ)) AS "first",
            COUNT(*) AS "n",
            MAX("t0"."timestamp") AS "last"
          FROM "clw_fresh" AS "t0"
          GROUP BY
            1,
            2,
            3,
            4,
            5
        ) AS "t10"
      ) AS "t18"
    ) AS "t24"
  ) AS "t29"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          CAST(5 AS BIGINT) AS "what",
          "t7"."open",
          "t7"."a",
          "t7"."b",
          CAST(NULL AS VARCHAR) AS "c",
          CAST(NULL AS VARCHAR) AS "d",
          CAST(NULL AS VARCHAR) AS "e",
          CAST(NULL AS VARCHAR) AS "f",
          "t7"."kind",
          "t7"."minute",
          "t7"."high",
          "t7"."low",
          CAST(NULL AS BIGINT) AS "n",
          CAST(NULL AS TIMESTAMPTZ) AS "first",
          CAST(NULL AS TIMESTAMPTZ) AS "last"
        FROM (
          SELECT DISTINCT
            "t0"."open",
            "t0"."minute",
            "t0"."high",
            "t0"."low",
            "t0"."message_id" AS "a",
            "t0"."execution_id" AS "b",
            CAST(IFF("t0"."is_test", 1, 0) AS BIGINT) AS "kind"
          FROM "clw_fresh" AS "t0"
          WHERE
            "t0"."campaign_id" = 'spring' AND NOT "t0"."high" IS NULL
        ) AS "t7"
      ) AS "t16"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(7 AS BIGINT) AS "what",
          "t12"."open",
          CAST(NULL AS VARCHAR) AS "a",
          CAST(NULL AS VARCHAR) AS "b",
          CAST(NULL AS VARCHAR) AS "c",
          CAST(NULL AS VARCHAR) AS "d",
          CAST(NULL AS VARCHAR) AS "e",
          CAST(NULL AS VARCHAR) AS "f",
          CAST(NULL AS BIGINT) AS "kind",
          CAST(NULL AS BIGINT) AS "minute",
          "t12"."high",
          CAST(NULL AS BIGINT) AS "low",
          "t12"."n",
          CAST(NULL AS TIMESTAMPTZ) AS "first",
          CAST(NULL AS TIMESTAMPTZ) AS "last"
        FROM (
          SELECT
            "t1"."open",
            COUNT_IF("t1"."cause" IS NULL) AS "n",
            COUNT_IF(NOT (
              "t1"."cause" IS NULL
            )) AS "high"
          FROM "clw_rows" AS "t1"
          GROUP BY
            1
        ) AS "t12"
      ) AS "t20"
    ) AS "t25"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          CAST(8 AS BIGINT) AS "what",
          "t8"."open",
          "t8"."raw_id" AS "a",
          "t8"."cause" AS "b",
          CAST(NULL AS VARCHAR) AS "c",
          CAST(NULL AS VARCHAR) AS "d",
          CAST(NULL AS VARCHAR) AS "e",
          CAST(NULL AS VARCHAR) AS "f",
          CAST(NULL AS BIGINT) AS "kind",
          CAST(NULL AS BIGINT) AS "minute",
          CAST(NULL AS BIGINT) AS "high",
          CAST(NULL AS BIGINT) AS "low",
          CAST(NULL AS BIGINT) AS "n",
          CAST(NULL AS TIMESTAMPTZ) AS "first",
          CAST(NULL AS TIMESTAMPTZ) AS "last"
        FROM (
          SELECT
            *
          FROM "clw_rows" AS "t1"
          WHERE
            NOT "t1"."cause" IS NULL
          ORDER BY
            "t1"."mark" ASC,
            "t1"."raw_id" ASC
          LIMIT 100
        ) AS "t8"
      ) AS "t17"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            CAST(0 AS BIGINT) AS "what",
            "t14"."open",
            "t14"."a",
            "t14"."b",
            CAST(NULL AS VARCHAR) AS "c",
            CAST(NULL AS VARCHAR) AS "d",
            CAST(NULL AS VARCHAR) AS "e",
            CAST(NULL AS VARCHAR) AS "f",
            "t14"."kind",
            "t14"."minute",
            CAST(NULL AS BIGINT) AS "high",
            CAST(NULL AS BIGINT) AS "low",
            "t14"."n",
            CAST(NULL AS TIMESTAMPTZ) AS "first",
            CAST(NULL AS TIMESTAMPTZ) AS "last"
          FROM (
            SELECT
              "t6"."open",
              "t6"."kind",
              "t6"."message_id" AS "a",
              "t6"."execution_id" AS "b",
              "t6"."minute",
              COUNT(*) AS "n"
            FROM "t2" AS "t6"
            GROUP BY
              1,
              2,
              3,
              4,
              5
          ) AS "t14"
        ) AS "t22"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            CAST(1 AS BIGINT) AS "what",
            "t11"."open",
            "t11"."a",
            "t11"."b",
            "t11"."c",
            CAST(NULL AS VARCHAR) AS "d",
            CAST(NULL AS VARCHAR) AS "e",
            CAST(NULL AS VARCHAR) AS "f",
            "t11"."kind",
            "t11"."minute",
            CAST(NULL AS BIGINT) AS "high",
            CAST(NULL AS BIGINT) AS "low",
            "t11"."n",
            CAST(NULL AS TIMESTAMPTZ) AS "first",
            CAST(NULL AS TIMESTAMPTZ) AS "last"
          FROM (
            SELECT
              "t4"."open",
              "t4"."kind",
              "t4"."reason" AS "a",
              "t4"."message_id" AS "b",
              "t4"."execution_id" AS "c",
              "t4"."minute",
              COUNT(*) AS "n"
            FROM (
              SELECT
                *
              FROM "clw_fresh" AS "t0"
              WHERE
                "t0"."campaign_id" = 'spring'
                AND "t0"."kind" IN (
                  16,
                  17,
                  18,
                  19,
                  20,
                  21,
                  22,
                  23,
                  24,
                  25,
                  26,
                  27,
                  28,
                  29,
                  30,
                  31,
                  32,
                  33,
                  34,
                  35,
                  36,
                  37,
                  38,
                  39,
                  40,
                  41,
                  42,
                  43,
                  44,
                  45,
                  46,
                  47,
                  96,
                  97,
                  98,
                  99,
                  100,
                  101,
                  102,
                  103,
                  104,
                  105,
                  106,
                  107,
                  108,
                  109,
                  110,
                  111,
                  208,
                  209,
                  210,
                  211,
                  212,
                  213,
                  214,
                  215,
                  216,
                  217,
                  218,
                  219,
                  220,
                  221,
                  222,
                  223,
                  224,
                  225,
                  226,
                  227,
                  228,
                  229,
                  230,
                  231,
                  232,
                  233,
                  234,
                  235,
                  236,
                  237,
                  238,
                  239,
                  288,
                  289,
                  290,
                  291,
                  292,
                  293,
                  294,
                  295,
                  296,
                  297,
                  298,
                  299,
                  300,
                  301,
                  302,
                  303,
                  400,
                  401,
                  402,
                  403,
                  404,
                  405,
                  406,
                  407,
                  408,
                  409,
                  410,
                  411,
                  412,
                  413,
                  414,
                  415,
                  416,
                  417,
                  418,
                  419,
                  420,
                  421,
                  422,
                  423,
                  424,
                  425,
                  426,
                  427,
                  428,
                  429,
                  430,
                  431,
                  480,
                  481,
                  482,
                  483,
                  484,
                  485,
                  486,
                  487,
                  488,
                  489,
                  490,
                  491,
                  492,
                  493,
                  494,
                  495,
                  592,
                  593,
                  594,
                  595,
                  596,
                  597,
                  598,
                  599,
                  600,
                  601,
                  602,
                  603,
                  604,
                  605,
                  606,
                  607,
                  608,
                  609,
                  610,
                  611,
                  612,
                  613,
                  614,
                  615,
                  616,
                  617,
                  618,
                  619,
                  620,
                  621,
                  622,
                  623,
                  672,
                  673,
                  674,
                  675,
                  676,
                  677,
                  678,
                  679,
                  680,
                  681,
                  682,
                  683,
                  684,
                  685,
                  686,
                  687,
                  784,
                  785,
                  786,
                  787,
                  788,
                  789,
                  790,
                  791,
                  792,
                  793,
                  794,
                  795,
                  796,
                  797,
                  798,
                  799,
                  800,
                  801,
                  802,
                  803,
                  804,
                  805,
                  806,
                  807,
                  808,
                  809,
                  810,
                  811,
                  812,
                  813,
                  814,
                  815,
                  864,
                  865,
                  866,
                  867,
                  868,
                  869,
                  870,
                  871,
                  872,
                  873,
                  874,
                  875,
                  876,
                  877,
                  878,
                  879,
                  976,
                  977,
                  978,
                  979,
                  980,
                  981,
                  982,
                  983,
                  984,
                  985,
                  986,
                  987,
                  988,
                  989,
                  990,
                  991,
                  992,
                  993,
                  994,
                  995,
                  996,
                  997,
                  998,
                  999,
                  1000,
                  1001,
                  1002,
                  1003,
                  1004,
                  1005,
                  1006,
                  1007,
                  1056,
                  1057,
                  1058,
                  1059,
                  1060,
                  1061,
                  1062,
                  1063,
                  1064,
                  1065,
                  1066,
                  1067,
                  1068,
                  1069,
                  1070,
                  1071
                )
            ) AS "t4"
            GROUP BY
              1,
              2,
              3,
              4,
              5,
              6
          ) AS "t11"
        ) AS "t19"
      ) AS "t26"
    ) AS "t28"
  ) AS "t30"
) AS answer
