WITH clw_rows AS (
  SELECT
    "t3"."campaign_id" AS "campaign_id",
    "t3"."campaign_name" AS "campaign_name",
    "t3"."timestamp" AS "timestamp",
    "t3"."cause" AS "cause",
    "t3"."open" AS "open",
    ROW_NUMBER() OVER (
      PARTITION BY isNull("t3"."cause"), "t3"."event_id"
      ORDER BY "t3"."mark" ASC, "t3"."timestamp" ASC, "t3"."campaign_id" ASC, "t3"."message_id" ASC, "t3"."execution_id" ASC, "t3"."profile_id" ASC, "t3"."event_type" ASC, "t3"."channel" ASC, "t3"."bounce_type" ASC, "t3"."reason" ASC, "t3"."domain" ASC, "t3"."platform" ASC, "t3"."is_test" ASC, "t3"."is_async" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "place",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN "t3"."message_id"
      ELSE CAST(NULL AS Nullable(String))
    END AS "message_id",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN "t3"."message_name"
      ELSE CAST(NULL AS Nullable(String))
    END AS "message_name",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN "t3"."execution_id"
      ELSE CAST(NULL AS Nullable(String))
    END AS "execution_id",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN "t3"."channel"
      ELSE CAST(NULL AS Nullable(String))
    END AS "channel",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN "t3"."reason"
      ELSE CAST(NULL AS Nullable(String))
    END AS "reason",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN "t3"."domain"
      ELSE CAST(NULL AS Nullable(String))
    END AS "domain",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN "t3"."platform"
      ELSE CAST(NULL AS Nullable(String))
    END AS "platform",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN (
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
                END AS Nullable(Int64)) * 12
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
              END AS Nullable(Int64))
            ) * 4
          ) + CASE
            WHEN "t3"."event_type" = 'bounce'
            THEN CAST(CASE
              WHEN "t3"."bounce_type" = 'hard'
              THEN 1
              WHEN "t3"."bounce_type" = 'soft'
              THEN 2
              WHEN "t3"."bounce_type" = 'ignored'
              THEN 3
              ELSE 0
            END AS Nullable(Int64))
            ELSE 0
          END
        ) * 4
      ) + CASE WHEN (
        "t3"."event_type" = 'bounce'
      ) AND "t3"."is_async" THEN 2 ELSE 0 END + CASE WHEN "t3"."is_test" THEN 1 ELSE 0 END
      ELSE CAST(NULL AS Nullable(Int64))
    END AS "kind",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN CAST(FLOOR((
        toRelativeSecondNum(dateTrunc('MINUTE', "t3"."timestamp"))
      ) / (
        60
      )) AS Nullable(Int64))
      ELSE CAST(NULL AS Nullable(Int64))
    END AS "minute",
    CASE
      WHEN "t3"."campaign_id" = 'spring'
      THEN COALESCE("t3"."is_test", FALSE)
      ELSE CAST(NULL AS Nullable(Bool))
    END AS "is_test",
    CASE
      WHEN (
        "t3"."campaign_id" = 'spring'
      )
      AND "t3"."event_type" IN ('targeted', 'sent', 'excluded', 'error')
      THEN reinterpretAsInt64(sipHash64("t3"."profile_id"))
      ELSE CAST(NULL AS Nullable(Int64))
    END AS "high",
    CASE
      WHEN (
        "t3"."campaign_id" = 'spring'
      )
      AND "t3"."event_type" IN ('targeted', 'sent', 'excluded', 'error')
      THEN reinterpretAsInt64(cityHash64("t3"."profile_id"))
      ELSE CAST(NULL AS Nullable(Int64))
    END AS "low",
    "t3"."raw_id" AS "raw_id",
    "t3"."mark" AS "mark"
  FROM (
    SELECT
      "t2"."event_id" AS "event_id",
      "t2"."campaign_id" AS "campaign_id",
      "t2"."message_id" AS "message_id",
      "t2"."channel" AS "channel",
      "t2"."profile_id" AS "profile_id",
      "t2"."event_type" AS "event_type",
      "t2"."bounce_type" AS "bounce_type",
      "t2"."reason" AS "reason",
      "t2"."domain" AS "domain",
      "t2"."platform" AS "platform",
      "t2"."execution_id" AS "execution_id",
      "t2"."campaign_name" AS "campaign_name",
      "t2"."message_name" AS "message_name",
      "t2"."is_async" AS "is_async",
      "t2"."is_test" AS "is_test",
      "t2"."timestamp" AS "timestamp",
      "t2"."raw_id" AS "raw_id",
      "t2"."mark" AS "mark",
      "t2"."cause" AS "cause",
      isNull("t2"."mark") OR NOT (
        "t2"."mark" < clw_until()
      ) AS "open"
    FROM (
      SELECT
        "t1"."event_id" AS "event_id",
        "t1"."campaign_id" AS "campaign_id",
        "t1"."message_id" AS "message_id",
        "t1"."channel" AS "channel",
        "t1"."profile_id" AS "profile_id",
        "t1"."event_type" AS "event_type",
        "t1"."bounce_type" AS "bounce_type",
        CASE
          WHEN SUBSTRING(
            "t1"."reason",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."reason") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t1"."reason", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t1"."reason"
        END AS "reason",
        LOWER(
          CASE
            WHEN SUBSTRING(
              "t1"."domain",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."domain") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t1"."domain", ' \t\n\r', '') = ''
            )
            THEN CAST(NULL AS Nullable(String))
            ELSE "t1"."domain"
          END
        ) AS "domain",
        CASE
          WHEN SUBSTRING(
            "t1"."platform",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."platform") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t1"."platform", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t1"."platform"
        END AS "platform",
        CASE
          WHEN SUBSTRING(
            "t1"."execution_id",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."execution_id") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t1"."execution_id", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t1"."execution_id"
        END AS "execution_id",
        CASE
          WHEN SUBSTRING(
            "t1"."campaign_name",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."campaign_name") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t1"."campaign_name", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t1"."campaign_name"
        END AS "campaign_name",
        CASE
          WHEN SUBSTRING(
            "t1"."message_name",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."message_name") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t1"."message_name", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t1"."message_name"
        END AS "message_name",
        "t1"."is_async" AS "is_async",
        "t1"."is_test" AS "is_test",
        "t1"."timestamp" AS "timestamp",
        "t1"."event_id" AS "raw_id",
        "t1"."ingested_at" AS "mark",
        CASE
          WHEN isNull("t1"."event_id")
          OR (
            SUBSTRING(
              "t1"."event_id",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."event_id") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t1"."event_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'event_id is missing'
          WHEN isNull("t1"."timestamp")
          THEN 'timestamp is missing'
          WHEN isNull("t1"."campaign_id")
          OR (
            SUBSTRING(
              "t1"."campaign_id",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."campaign_id") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t1"."campaign_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'campaign_id is missing'
          WHEN isNull("t1"."message_id")
          OR (
            SUBSTRING(
              "t1"."message_id",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."message_id") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t1"."message_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'message_id is missing'
          WHEN isNull("t1"."channel")
          OR (
            SUBSTRING(
              "t1"."channel",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."channel") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t1"."channel", ' \t\n\r', '') = ''
            )
          )
          THEN 'channel is missing'
          WHEN isNull("t1"."profile_id")
          OR (
            SUBSTRING(
              "t1"."profile_id",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."profile_id") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t1"."profile_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'profile_id is missing'
          WHEN isNull("t1"."event_type")
          OR (
            SUBSTRING(
              "t1"."event_type",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."event_type") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t1"."event_type", ' \t\n\r', '') = ''
            )
          )
          THEN 'event_type is missing'
          WHEN NOT (
            "t1"."timestamp" BETWEEN parseDateTimeBestEffort('0001-01-01T00:00:00') AND parseDateTime64BestEffort('9999-12-31T23:59:59.999999', 6)
          )
          THEN 'timestamp is not a time'
          WHEN NOT (
            "t1"."channel" IN ('email', 'push', 'sms', 'in_app', 'web', 'direct_mail')
          )
          THEN CONCAT(
            'unknown channel',
            CASE
              WHEN match("t1"."channel", '^[A-Za-z_.-]{1,24}$')
              THEN CONCAT(CONCAT(' ''', "t1"."channel"), '''')
              ELSE ''
            END
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
            CASE
              WHEN match("t1"."event_type", '^[A-Za-z_.-]{1,24}$')
              THEN CONCAT(CONCAT(' ''', "t1"."event_type"), '''')
              ELSE ''
            END
          )
          WHEN NOT (
            CASE
              WHEN SUBSTRING(
                "t1"."bounce_type",
                CASE WHEN (
                  0 + 1
                ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."bounce_type") END,
                1
              ) IN ('', ' ', '\t', '\n', '\r')
              AND (
                translate("t1"."bounce_type", ' \t\n\r', '') = ''
              )
              THEN CAST(NULL AS Nullable(String))
              ELSE "t1"."bounce_type"
            END IN ('hard', 'soft', 'ignored')
          )
          THEN CONCAT(
            'unknown bounce_type',
            CASE
              WHEN match(
                CASE
                  WHEN SUBSTRING(
                    "t1"."bounce_type",
                    CASE WHEN (
                      0 + 1
                    ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."bounce_type") END,
                    1
                  ) IN ('', ' ', '\t', '\n', '\r')
                  AND (
                    translate("t1"."bounce_type", ' \t\n\r', '') = ''
                  )
                  THEN CAST(NULL AS Nullable(String))
                  ELSE "t1"."bounce_type"
                END,
                '^[A-Za-z_.-]{1,24}$'
              )
              THEN CONCAT(
                CONCAT(
                  ' ''',
                  CASE
                    WHEN SUBSTRING(
                      "t1"."bounce_type",
                      CASE WHEN (
                        0 + 1
                      ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t1"."bounce_type") END,
                      1
                    ) IN ('', ' ', '\t', '\n', '\r')
                    AND (
                      translate("t1"."bounce_type", ' \t\n\r', '') = ''
                    )
                    THEN CAST(NULL AS Nullable(String))
                    ELSE "t1"."bounce_type"
                  END
                ),
                ''''
              )
              ELSE ''
            END
          )
          ELSE CAST(NULL AS Nullable(String))
        END AS "cause"
      FROM (
        SELECT
          *
        FROM "events" AS "t0"
        WHERE
          "t0"."ingested_at" >= clw_since()
      ) AS "t1"
    ) AS "t2"
  ) AS "t3"
), clw_fresh AS (
  SELECT
    "t4"."campaign_id" AS "campaign_id",
    "t4"."campaign_name" AS "campaign_name",
    "t4"."timestamp" AS "timestamp",
    "t4"."open" AS "open",
    "t4"."message_id" AS "message_id",
    "t4"."message_name" AS "message_name",
    "t4"."execution_id" AS "execution_id",
    "t4"."channel" AS "channel",
    "t4"."reason" AS "reason",
    "t4"."domain" AS "domain",
    "t4"."platform" AS "platform",
    "t4"."kind" AS "kind",
    "t4"."minute" AS "minute",
    "t4"."is_test" AS "is_test",
    "t4"."high" AS "high",
    "t4"."low" AS "low"
  FROM (
    SELECT
      *
    FROM "clw_rows" AS "t0"
    WHERE
      isNull("t0"."cause") AND "t0"."place" = 0
  ) AS "t4"
  LEFT ANTI JOIN (
    SELECT
      *
    FROM (
      SELECT
        "t5"."event_id" AS "event_id",
        "t5"."campaign_id" AS "campaign_id",
        "t5"."message_id" AS "message_id",
        "t5"."channel" AS "channel",
        "t5"."profile_id" AS "profile_id",
        "t5"."event_type" AS "event_type",
        "t5"."bounce_type" AS "bounce_type",
        CASE
          WHEN SUBSTRING(
            "t5"."reason",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."reason") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t5"."reason", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t5"."reason"
        END AS "reason",
        LOWER(
          CASE
            WHEN SUBSTRING(
              "t5"."domain",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."domain") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t5"."domain", ' \t\n\r', '') = ''
            )
            THEN CAST(NULL AS Nullable(String))
            ELSE "t5"."domain"
          END
        ) AS "domain",
        CASE
          WHEN SUBSTRING(
            "t5"."platform",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."platform") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t5"."platform", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t5"."platform"
        END AS "platform",
        CASE
          WHEN SUBSTRING(
            "t5"."execution_id",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."execution_id") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t5"."execution_id", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t5"."execution_id"
        END AS "execution_id",
        CASE
          WHEN SUBSTRING(
            "t5"."campaign_name",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."campaign_name") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t5"."campaign_name", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t5"."campaign_name"
        END AS "campaign_name",
        CASE
          WHEN SUBSTRING(
            "t5"."message_name",
            CASE WHEN (
              0 + 1
            ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."message_name") END,
            1
          ) IN ('', ' ', '\t', '\n', '\r')
          AND (
            translate("t5"."message_name", ' \t\n\r', '') = ''
          )
          THEN CAST(NULL AS Nullable(String))
          ELSE "t5"."message_name"
        END AS "message_name",
        "t5"."is_async" AS "is_async",
        "t5"."is_test" AS "is_test",
        "t5"."timestamp" AS "timestamp",
        "t5"."event_id" AS "raw_id",
        "t5"."ingested_at" AS "mark",
        CASE
          WHEN isNull("t5"."event_id")
          OR (
            SUBSTRING(
              "t5"."event_id",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."event_id") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t5"."event_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'event_id is missing'
          WHEN isNull("t5"."timestamp")
          THEN 'timestamp is missing'
          WHEN isNull("t5"."campaign_id")
          OR (
            SUBSTRING(
              "t5"."campaign_id",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."campaign_id") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t5"."campaign_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'campaign_id is missing'
          WHEN isNull("t5"."message_id")
          OR (
            SUBSTRING(
              "t5"."message_id",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."message_id") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t5"."message_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'message_id is missing'
          WHEN isNull("t5"."channel")
          OR (
            SUBSTRING(
              "t5"."channel",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."channel") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t5"."channel", ' \t\n\r', '') = ''
            )
          )
          THEN 'channel is missing'
          WHEN isNull("t5"."profile_id")
          OR (
            SUBSTRING(
              "t5"."profile_id",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."profile_id") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t5"."profile_id", ' \t\n\r', '') = ''
            )
          )
          THEN 'profile_id is missing'
          WHEN isNull("t5"."event_type")
          OR (
            SUBSTRING(
              "t5"."event_type",
              CASE WHEN (
                0 + 1
              ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."event_type") END,
              1
            ) IN ('', ' ', '\t', '\n', '\r')
            AND (
              translate("t5"."event_type", ' \t\n\r', '') = ''
            )
          )
          THEN 'event_type is missing'
          WHEN NOT (
            "t5"."timestamp" BETWEEN parseDateTimeBestEffort('0001-01-01T00:00:00') AND parseDateTime64BestEffort('9999-12-31T23:59:59.999999', 6)
          )
          THEN 'timestamp is not a time'
          WHEN NOT (
            "t5"."channel" IN ('email', 'push', 'sms', 'in_app', 'web', 'direct_mail')
          )
          THEN CONCAT(
            'unknown channel',
            CASE
              WHEN match("t5"."channel", '^[A-Za-z_.-]{1,24}$')
              THEN CONCAT(CONCAT(' ''', "t5"."channel"), '''')
              ELSE ''
            END
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
            CASE
              WHEN match("t5"."event_type", '^[A-Za-z_.-]{1,24}$')
              THEN CONCAT(CONCAT(' ''', "t5"."event_type"), '''')
              ELSE ''
            END
          )
          WHEN NOT (
            CASE
              WHEN SUBSTRING(
                "t5"."bounce_type",
                CASE WHEN (
                  0 + 1
                ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."bounce_type") END,
                1
              ) IN ('', ' ', '\t', '\n', '\r')
              AND (
                translate("t5"."bounce_type", ' \t\n\r', '') = ''
              )
              THEN CAST(NULL AS Nullable(String))
              ELSE "t5"."bounce_type"
            END IN ('hard', 'soft', 'ignored')
          )
          THEN CONCAT(
            'unknown bounce_type',
            CASE
              WHEN match(
                CASE
                  WHEN SUBSTRING(
                    "t5"."bounce_type",
                    CASE WHEN (
                      0 + 1
                    ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."bounce_type") END,
                    1
                  ) IN ('', ' ', '\t', '\n', '\r')
                  AND (
                    translate("t5"."bounce_type", ' \t\n\r', '') = ''
                  )
                  THEN CAST(NULL AS Nullable(String))
                  ELSE "t5"."bounce_type"
                END,
                '^[A-Za-z_.-]{1,24}$'
              )
              THEN CONCAT(
                CONCAT(
                  ' ''',
                  CASE
                    WHEN SUBSTRING(
                      "t5"."bounce_type",
                      CASE WHEN (
                        0 + 1
                      ) >= 1 THEN 0 + 1 ELSE 0 + 1 + LENGTH("t5"."bounce_type") END,
                      1
                    ) IN ('', ' ', '\t', '\n', '\r')
                    AND (
                      translate("t5"."bounce_type", ' \t\n\r', '') = ''
                    )
                    THEN CAST(NULL AS Nullable(String))
                    ELSE "t5"."bounce_type"
                  END
                ),
                ''''
              )
              ELSE ''
            END
          )
          ELSE CAST(NULL AS Nullable(String))
        END AS "cause"
      FROM (
        SELECT
          *
        FROM "events" AS "t2"
        WHERE
          "t2"."ingested_at" < clw_since()
      ) AS "t5"
    ) AS "t6"
    WHERE
      isNull("t6"."cause")
  ) AS "t8"
    ON "t4"."raw_id" = "t8"."raw_id"
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
          CAST(2 AS Nullable(Int64)) AS "what",
          "t13"."open" AS "open",
          "t13"."a" AS "a",
          "t13"."b" AS "b",
          "t13"."c" AS "c",
          CAST(NULL AS Nullable(String)) AS "d",
          CAST(NULL AS Nullable(String)) AS "e",
          CAST(NULL AS Nullable(String)) AS "f",
          "t13"."kind" AS "kind",
          "t13"."minute" AS "minute",
          CAST(NULL AS Nullable(Int64)) AS "high",
          CAST(NULL AS Nullable(Int64)) AS "low",
          "t13"."n" AS "n",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "first",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "last"
        FROM (
          SELECT
            "t6"."open" AS "open",
            "t6"."kind" AS "kind",
            "t6"."domain" AS "a",
            "t6"."message_id" AS "b",
            "t6"."execution_id" AS "c",
            "t6"."minute" AS "minute",
            COUNT(*) AS "n"
          FROM "t2" AS "t6"
          GROUP BY
            "t6"."open",
            "t6"."kind",
            "t6"."domain",
            "t6"."message_id",
            "t6"."execution_id",
            "t6"."minute"
        ) AS "t13"
      ) AS "t21"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(3 AS Nullable(Int64)) AS "what",
          "t15"."open" AS "open",
          "t15"."a" AS "a",
          "t15"."b" AS "b",
          "t15"."c" AS "c",
          CAST(NULL AS Nullable(String)) AS "d",
          CAST(NULL AS Nullable(String)) AS "e",
          CAST(NULL AS Nullable(String)) AS "f",
          "t15"."kind" AS "kind",
          "t15"."minute" AS "minute",
          CAST(NULL AS Nullable(Int64)) AS "high",
          CAST(NULL AS Nullable(Int64)) AS "low",
          "t15"."n" AS "n",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "first",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "last"
        FROM (
          SELECT
            "t6"."open" AS "open",
            "t6"."kind" AS "kind",
            "t6"."platform" AS "a",
            "t6"."message_id" AS "b",
            "t6"."execution_id" AS "c",
            "t6"."minute" AS "minute",
            COUNT(*) AS "n"
          FROM "t2" AS "t6"
          GROUP BY
            "t6"."open",
            "t6"."kind",
            "t6"."platform",
            "t6"."message_id",
            "t6"."execution_id",
            "t6"."minute"
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
          CAST(4 AS Nullable(Int64)) AS "what",
          "t3"."open" AS "open",
          "t3"."a" AS "a",
          "t3"."b" AS "b",
          "t3"."c" AS "c",
          "t3"."d" AS "d",
          "t3"."e" AS "e",
          "t3"."f" AS "f",
          CAST(NULL AS Nullable(Int64)) AS "kind",
          CAST(NULL AS Nullable(Int64)) AS "minute",
          CAST(NULL AS Nullable(Int64)) AS "high",
          CAST(NULL AS Nullable(Int64)) AS "low",
          "t3"."n" AS "n",
          "t3"."first" AS "first",
          "t3"."last" AS "last"
        FROM (
          SELECT
            "t0"."open" AS "open",
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
            "t0"."open",
            "t0"."campaign_id",
            "t0"."campaign_name",
            "t0"."message_id",
            "t0"."message_name",
            "t0"."execution_id",
            "t0"."channel"
        ) AS "t3"
      ) AS "t9"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(9 AS Nullable(Int64)) AS "what",
          "t10"."open" AS "open",
          "t10"."a" AS "a",
          CAST(NULL AS Nullable(String)) AS "b",
          CAST(NULL AS Nullable(String)) AS "c",
          CAST(NULL AS Nullable(String)) AS "d",
          CAST(NULL AS Nullable(String)) AS "e",
          CAST(NULL AS Nullable(String)) AS "f",
          "t10"."kind" AS "kind",
          "t10"."minute" AS "minute",
          CAST(NULL AS Nullable(Int64)) AS "high",
          CAST(NULL AS Nullable(Int64)) AS "low",
          "t10"."n" AS "n",
          "t10"."first" AS "first",
          "t10"."last" AS "last"
        FROM (
          SELECT
            "t0"."open" AS "open",
            "t0"."campaign_id" AS "a",
            CAST(CASE WHEN "t0"."timestamp" > clw_now() THEN 1 ELSE 0 END AS Nullable(Int64)) AS "kind",
            CASE
              WHEN NOT (
                "t0"."timestamp" > clw_now()
              )
              THEN "t0"."minute"
              ELSE CAST(NULL AS Nullable(Int64))
            END AS "minute",
            CASE
              WHEN "t0"."timestamp" > clw_now()
              THEN "t0"."timestamp"
              ELSE CAST(NULL AS Nullable(DateTime('UTC')))
            END AS "first",
            COUNT(*) AS "n",
            MAX("t0"."timestamp") AS "last"
          FROM "clw_fresh" AS "t0"
          GROUP BY
            "t0"."open",
            "t0"."campaign_id",
            CAST(CASE WHEN "t0"."timestamp" > clw_now() THEN 1 ELSE 0 END AS Nullable(Int64)),
            CASE
              WHEN NOT (
                "t0"."timestamp" > clw_now()
              )
              THEN "t0"."minute"
              ELSE CAST(NULL AS Nullable(Int64))
            END,
            CASE
              WHEN "t0"."timestamp" > clw_now()
              THEN "t0"."timestamp"
              ELSE CAST(NULL AS Nullable(DateTime('UTC')))
            END
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
          CAST(5 AS Nullable(Int64)) AS "what",
          "t7"."open" AS "open",
          "t7"."a" AS "a",
          "t7"."b" AS "b",
          CAST(NULL AS Nullable(String)) AS "c",
          CAST(NULL AS Nullable(String)) AS "d",
          CAST(NULL AS Nullable(String)) AS "e",
          CAST(NULL AS Nullable(String)) AS "f",
          "t7"."kind" AS "kind",
          "t7"."minute" AS "minute",
          "t7"."high" AS "high",
          "t7"."low" AS "low",
          CAST(NULL AS Nullable(Int64)) AS "n",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "first",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "last"
        FROM (
          SELECT DISTINCT
            "t0"."open" AS "open",
            "t0"."minute" AS "minute",
            "t0"."high" AS "high",
            "t0"."low" AS "low",
            "t0"."message_id" AS "a",
            "t0"."execution_id" AS "b",
            CAST(CASE WHEN "t0"."is_test" THEN 1 ELSE 0 END AS Nullable(Int64)) AS "kind"
          FROM "clw_fresh" AS "t0"
          WHERE
            "t0"."campaign_id" = 'spring' AND isNotNull("t0"."high")
        ) AS "t7"
      ) AS "t16"
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(7 AS Nullable(Int64)) AS "what",
          "t12"."open" AS "open",
          CAST(NULL AS Nullable(String)) AS "a",
          CAST(NULL AS Nullable(String)) AS "b",
          CAST(NULL AS Nullable(String)) AS "c",
          CAST(NULL AS Nullable(String)) AS "d",
          CAST(NULL AS Nullable(String)) AS "e",
          CAST(NULL AS Nullable(String)) AS "f",
          CAST(NULL AS Nullable(Int64)) AS "kind",
          CAST(NULL AS Nullable(Int64)) AS "minute",
          "t12"."high" AS "high",
          CAST(NULL AS Nullable(Int64)) AS "low",
          "t12"."n" AS "n",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "first",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "last"
        FROM (
          SELECT
            "t1"."open" AS "open",
            countIf(isNull("t1"."cause")) AS "n",
            countIf(NOT (
              isNull("t1"."cause")
            )) AS "high"
          FROM "clw_rows" AS "t1"
          GROUP BY
            "t1"."open"
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
          CAST(8 AS Nullable(Int64)) AS "what",
          "t8"."open" AS "open",
          "t8"."raw_id" AS "a",
          "t8"."cause" AS "b",
          CAST(NULL AS Nullable(String)) AS "c",
          CAST(NULL AS Nullable(String)) AS "d",
          CAST(NULL AS Nullable(String)) AS "e",
          CAST(NULL AS Nullable(String)) AS "f",
          CAST(NULL AS Nullable(Int64)) AS "kind",
          CAST(NULL AS Nullable(Int64)) AS "minute",
          CAST(NULL AS Nullable(Int64)) AS "high",
          CAST(NULL AS Nullable(Int64)) AS "low",
          CAST(NULL AS Nullable(Int64)) AS "n",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "first",
          CAST(NULL AS Nullable(DateTime('UTC'))) AS "last"
        FROM (
          SELECT
            *
          FROM "clw_rows" AS "t1"
          WHERE
            isNotNull("t1"."cause")
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
            CAST(0 AS Nullable(Int64)) AS "what",
            "t14"."open" AS "open",
            "t14"."a" AS "a",
            "t14"."b" AS "b",
            CAST(NULL AS Nullable(String)) AS "c",
            CAST(NULL AS Nullable(String)) AS "d",
            CAST(NULL AS Nullable(String)) AS "e",
            CAST(NULL AS Nullable(String)) AS "f",
            "t14"."kind" AS "kind",
            "t14"."minute" AS "minute",
            CAST(NULL AS Nullable(Int64)) AS "high",
            CAST(NULL AS Nullable(Int64)) AS "low",
            "t14"."n" AS "n",
            CAST(NULL AS Nullable(DateTime('UTC'))) AS "first",
            CAST(NULL AS Nullable(DateTime('UTC'))) AS "last"
          FROM (
            SELECT
              "t6"."open" AS "open",
              "t6"."kind" AS "kind",
              "t6"."message_id" AS "a",
              "t6"."execution_id" AS "b",
              "t6"."minute" AS "minute",
              COUNT(*) AS "n"
            FROM "t2" AS "t6"
            GROUP BY
              "t6"."open",
              "t6"."kind",
              "t6"."message_id",
              "t6"."execution_id",
              "t6"."minute"
          ) AS "t14"
        ) AS "t22"
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            CAST(1 AS Nullable(Int64)) AS "what",
            "t11"."open" AS "open",
            "t11"."a" AS "a",
            "t11"."b" AS "b",
            "t11"."c" AS "c",
            CAST(NULL AS Nullable(String)) AS "d",
            CAST(NULL AS Nullable(String)) AS "e",
            CAST(NULL AS Nullable(String)) AS "f",
            "t11"."kind" AS "kind",
            "t11"."minute" AS "minute",
            CAST(NULL AS Nullable(Int64)) AS "high",
            CAST(NULL AS Nullable(Int64)) AS "low",
            "t11"."n" AS "n",
            CAST(NULL AS Nullable(DateTime('UTC'))) AS "first",
            CAST(NULL AS Nullable(DateTime('UTC'))) AS "last"
          FROM (
            SELECT
              "t4"."open" AS "open",
              "t4"."kind" AS "kind",
              "t4"."reason" AS "a",
              "t4"."message_id" AS "b",
              "t4"."execution_id" AS "c",
              "t4"."minute" AS "minute",
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
              "t4"."open",
              "t4"."kind",
              "t4"."reason",
              "t4"."message_id",
              "t4"."execution_id",
              "t4"."minute"
          ) AS "t11"
        ) AS "t19"
      ) AS "t26"
    ) AS "t28"
  ) AS "t30"
) AS answer
