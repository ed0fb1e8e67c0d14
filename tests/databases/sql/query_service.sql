WITH clw_rows AS (
  SELECT
    *
  FROM (
    SELECT
      `t11`.`campaign_id`,
      `t11`.`campaign_name`,
      `t11`.`timestamp`,
      `t11`.`cause`,
      `t11`.`open`,
      ROW_NUMBER() OVER (
        PARTITION BY `t11`.`cause` IS NULL, `t11`.`event_id`
        ORDER BY `t11`.`mark` ASC NULLS LAST, `t11`.`timestamp` ASC NULLS LAST, `t11`.`campaign_id` ASC NULLS LAST, `t11`.`message_id` ASC NULLS LAST, `t11`.`execution_id` ASC NULLS LAST, `t11`.`profile_id` ASC NULLS LAST, `t11`.`event_type` ASC NULLS LAST, `t11`.`channel` ASC NULLS LAST, `t11`.`bounce_type` ASC NULLS LAST, `t11`.`reason` ASC NULLS LAST, `t11`.`domain` ASC NULLS LAST, `t11`.`platform` ASC NULLS LAST, `t11`.`is_test` ASC NULLS LAST, `t11`.`is_async` ASC NULLS LAST
      ) - 1 AS `place`,
      IF(`t11`.`campaign_id` = 'spring', `t11`.`message_id`, CAST(NULL AS STRING)) AS `message_id`,
      IF(`t11`.`campaign_id` = 'spring', `t11`.`message_name`, CAST(NULL AS STRING)) AS `message_name`,
      IF(`t11`.`campaign_id` = 'spring', `t11`.`execution_id`, CAST(NULL AS STRING)) AS `execution_id`,
      IF(`t11`.`campaign_id` = 'spring', `t11`.`channel`, CAST(NULL AS STRING)) AS `channel`,
      IF(`t11`.`campaign_id` = 'spring', `t11`.`reason`, CAST(NULL AS STRING)) AS `reason`,
      IF(`t11`.`campaign_id` = 'spring', `t11`.`domain`, CAST(NULL AS STRING)) AS `domain`,
      IF(`t11`.`campaign_id` = 'spring', `t11`.`platform`, CAST(NULL AS STRING)) AS `platform`,
      IF(
        `t11`.`campaign_id` = 'spring',
        (
          (
            (
              (
                (
                  CAST(CASE
                    WHEN `t11`.`channel` = 'email'
                    THEN 0
                    WHEN `t11`.`channel` = 'push'
                    THEN 1
                    WHEN `t11`.`channel` = 'sms'
                    THEN 2
                    WHEN `t11`.`channel` = 'in_app'
                    THEN 3
                    WHEN `t11`.`channel` = 'web'
                    THEN 4
                    WHEN `t11`.`channel` = 'direct_mail'
                    THEN 5
                    ELSE 0
                  END AS BIGINT) * 12
                ) + CAST(CASE
                  WHEN `t11`.`event_type` = 'targeted'
                  THEN 0
                  WHEN `t11`.`event_type` = 'excluded'
                  THEN 1
                  WHEN `t11`.`event_type` = 'error'
                  THEN 2
                  WHEN `t11`.`event_type` = 'sent'
                  THEN 3
                  WHEN `t11`.`event_type` = 'delivered'
                  THEN 4
                  WHEN `t11`.`event_type` = 'delay'
                  THEN 5
                  WHEN `t11`.`event_type` = 'bounce'
                  THEN 6
                  WHEN `t11`.`event_type` = 'open'
                  THEN 7
                  WHEN `t11`.`event_type` = 'click'
                  THEN 8
                  WHEN `t11`.`event_type` = 'unsubscribe'
                  THEN 9
                  WHEN `t11`.`event_type` = 'spam_complaint'
                  THEN 10
                  WHEN `t11`.`event_type` = 'action'
                  THEN 11
                  ELSE 0
                END AS BIGINT)
              ) * 4
            ) + IF(
              `t11`.`event_type` = 'bounce',
              CAST(CASE
                WHEN `t11`.`bounce_type` = 'hard'
                THEN 1
                WHEN `t11`.`bounce_type` = 'soft'
                THEN 2
                WHEN `t11`.`bounce_type` = 'ignored'
                THEN 3
                ELSE 0
              END AS BIGINT),
              0
            )
          ) * 4
        ) + IF((
          `t11`.`event_type` = 'bounce'
        ) AND `t11`.`is_async`, 2, 0) + IF(`t11`.`is_test`, 1, 0),
        CAST(NULL AS BIGINT)
      ) AS `kind`,
      IF(
        `t11`.`campaign_id` = 'spring',
        CAST(FLOOR(
          (
            UNIX_TIMESTAMP(CAST(DATE_TRUNC('MINUTE', `t11`.`timestamp`) AS TIMESTAMP))
          ) / (
            60
          )
        ) AS BIGINT),
        CAST(NULL AS BIGINT)
      ) AS `minute`,
      IF(
        `t11`.`campaign_id` = 'spring',
        COALESCE(`t11`.`is_test`, FALSE),
        CAST(NULL AS BOOLEAN)
      ) AS `is_test`,
      IF(
        (
          `t11`.`campaign_id` = 'spring'
        )
        AND `t11`.`event_type` IN ('targeted', 'sent', 'excluded', 'error'),
        CAST(CONV(SUBSTRING(MD5(`t11`.`profile_id`), 1, 16), 16, -10) AS BIGINT),
        CAST(NULL AS BIGINT)
      ) AS `high`,
      IF(
        (
          `t11`.`campaign_id` = 'spring'
        )
        AND `t11`.`event_type` IN ('targeted', 'sent', 'excluded', 'error'),
        CAST(CONV(SUBSTRING(MD5(`t11`.`profile_id`), 17, 16), 16, -10) AS BIGINT),
        CAST(NULL AS BIGINT)
      ) AS `low`,
      `t11`.`raw_id`,
      `t11`.`mark`
    FROM (
      SELECT
        `t10`.`event_id`,
        `t10`.`campaign_id`,
        `t10`.`message_id`,
        `t10`.`channel`,
        `t10`.`profile_id`,
        `t10`.`event_type`,
        `t10`.`reason`,
        `t10`.`bounce_type`,
        `t10`.`domain`,
        `t10`.`platform`,
        `t10`.`execution_id`,
        `t10`.`campaign_name`,
        `t10`.`message_name`,
        `t10`.`is_async`,
        `t10`.`is_test`,
        `t10`.`timestamp`,
        `t10`.`raw_id`,
        `t10`.`mark`,
        `t10`.`cause`,
        (
          `t10`.`mark` IS NULL
        ) OR NOT (
          `t10`.`mark` < CLW_UNTIL()
        ) AS `open`
      FROM (
        SELECT
          IF(`t9`.`pair`, CONCAT(CONCAT(`t9`.`id`, ':'), `t9`.`event_type`), `t9`.`id`) AS `event_id`,
          `t9`.`campaign` AS `campaign_id`,
          `t9`.`message` AS `message_id`,
          `t9`.`channel`,
          `t9`.`profile` AS `profile_id`,
          `t9`.`event_type`,
          CASE
            WHEN `t9`.`event_type` = 'excluded'
            THEN `t9`.`exclusion_reason`
            WHEN `t9`.`event_type` = 'action'
            THEN `t9`.`button`
            WHEN `t9`.`event_type` IN ('bounce', 'error', 'delay')
            THEN `t9`.`failure_reason`
            ELSE CAST(NULL AS STRING)
          END AS `reason`,
          IF(`t9`.`event_type` = 'bounce', `t9`.`failure`, CAST(NULL AS STRING)) AS `bounce_type`,
          LOWER(
            COALESCE(`t9`.`address_domain`, NULLIF(REGEXP_EXTRACT(`t9`.`address`, '@([^@]*)$'), ''))
          ) AS `domain`,
          CASE
            WHEN LOWER(`t9`.`device`) = 'apns'
            THEN 'ios'
            WHEN LOWER(`t9`.`device`) = 'apnssandbox'
            THEN 'ios'
            WHEN LOWER(`t9`.`device`) = 'fcm'
            THEN 'android'
            ELSE `t9`.`device`
          END AS `platform`,
          `t9`.`execution` AS `execution_id`,
          CAST(NULL AS STRING) AS `campaign_name`,
          CAST(NULL AS STRING) AS `message_name`,
          (
            `t9`.`event_type` = 'bounce'
          )
          AND (
            `t9`.`status` = 'bounce'
          )
          AND `t9`.`late` AS `is_async`,
          COALESCE(`t9`.`test`, FALSE) AS `is_test`,
          `t9`.`time` AS `timestamp`,
          IF(`t9`.`pair`, CONCAT(CONCAT(`t9`.`id`, ':'), `t9`.`event_type`), `t9`.`id`) AS `raw_id`,
          `t9`.`mark`,
          `t9`.`cause`
        FROM (
          SELECT
            `t8`.`id`,
            `t8`.`kind`,
            `t8`.`status`,
            `t8`.`failure_reason`,
            `t8`.`failure_type`,
            `t8`.`failure_category`,
            `t8`.`exclusion_reason`,
            `t8`.`interaction`,
            `t8`.`campaign`,
            `t8`.`message`,
            `t8`.`execution`,
            `t8`.`profile`,
            `t8`.`channel_uri`,
            `t8`.`address_domain`,
            `t8`.`address`,
            `t8`.`device`,
            `t8`.`button`,
            `t8`.`identity`,
            `t8`.`test`,
            `t8`.`time`,
            `t8`.`mark`,
            `t8`.`late`,
            `t8`.`channel`,
            `t8`.`event`,
            `t8`.`failure`,
            `t8`.`cause`,
            `t8`.`second`,
            `t8`.`pair`,
            `t8`.`event_type`
          FROM (
            SELECT
              `t7`.`id`,
              `t7`.`kind`,
              `t7`.`status`,
              `t7`.`failure_reason`,
              `t7`.`failure_type`,
              `t7`.`failure_category`,
              `t7`.`exclusion_reason`,
              `t7`.`interaction`,
              `t7`.`campaign`,
              `t7`.`message`,
              `t7`.`execution`,
              `t7`.`profile`,
              `t7`.`channel_uri`,
              `t7`.`address_domain`,
              `t7`.`address`,
              `t7`.`device`,
              `t7`.`button`,
              `t7`.`identity`,
              `t7`.`test`,
              `t7`.`time`,
              `t7`.`mark`,
              `t7`.`late`,
              `t7`.`channel`,
              `t7`.`event`,
              `t7`.`failure`,
              `t7`.`cause`,
              `t7`.`second`,
              `t7`.`pair`,
              `t7`.`kinds`,
              EXPLODE(`t7`.`kinds`) AS `event_type`
            FROM (
              SELECT
                `t6`.`id`,
                `t6`.`kind`,
                `t6`.`status`,
                `t6`.`failure_reason`,
                `t6`.`failure_type`,
                `t6`.`failure_category`,
                `t6`.`exclusion_reason`,
                `t6`.`interaction`,
                `t6`.`campaign`,
                `t6`.`message`,
                `t6`.`execution`,
                `t6`.`profile`,
                `t6`.`channel_uri`,
                `t6`.`address_domain`,
                `t6`.`address`,
                `t6`.`device`,
                `t6`.`button`,
                `t6`.`identity`,
                `t6`.`test`,
                `t6`.`time`,
                `t6`.`mark`,
                `t6`.`late`,
                `t6`.`channel`,
                `t6`.`event`,
                `t6`.`failure`,
                `t6`.`cause`,
                `t6`.`second`,
                NOT `t6`.`second` IS NULL AS `pair`,
                IF(NOT `t6`.`second` IS NULL, ARRAY(`t6`.`event`, `t6`.`second`), ARRAY(`t6`.`event`)) AS `kinds`
              FROM (
                SELECT
                  `t5`.`id`,
                  `t5`.`kind`,
                  `t5`.`status`,
                  `t5`.`failure_reason`,
                  `t5`.`failure_type`,
                  `t5`.`failure_category`,
                  `t5`.`exclusion_reason`,
                  `t5`.`interaction`,
                  `t5`.`campaign`,
                  `t5`.`message`,
                  `t5`.`execution`,
                  `t5`.`profile`,
                  `t5`.`channel_uri`,
                  `t5`.`address_domain`,
                  `t5`.`address`,
                  `t5`.`device`,
                  `t5`.`button`,
                  `t5`.`identity`,
                  `t5`.`test`,
                  `t5`.`time`,
                  `t5`.`mark`,
                  `t5`.`late`,
                  `t5`.`channel`,
                  `t5`.`event`,
                  `t5`.`failure`,
                  `t5`.`cause`,
                  CASE
                    WHEN (
                      NOT `t5`.`cause` IS NULL
                    ) OR (
                      `t5`.`event` <> 'sent'
                    )
                    THEN CAST(NULL AS STRING)
                    WHEN `t5`.`status` = 'sent'
                    THEN 'delivered'
                    ELSE 'bounce'
                  END AS `second`
                FROM (
                  SELECT
                    `t4`.`id`,
                    `t4`.`kind`,
                    `t4`.`status`,
                    `t4`.`failure_reason`,
                    `t4`.`failure_type`,
                    `t4`.`failure_category`,
                    `t4`.`exclusion_reason`,
                    `t4`.`interaction`,
                    `t4`.`campaign`,
                    `t4`.`message`,
                    `t4`.`execution`,
                    `t4`.`profile`,
                    `t4`.`channel_uri`,
                    `t4`.`address_domain`,
                    `t4`.`address`,
                    `t4`.`device`,
                    `t4`.`button`,
                    `t4`.`identity`,
                    `t4`.`test`,
                    `t4`.`time`,
                    `t4`.`mark`,
                    `t4`.`late`,
                    `t4`.`channel`,
                    `t4`.`event`,
                    `t4`.`failure`,
                    CASE
                      WHEN `t4`.`event` = ''
                      THEN ''
                      WHEN (
                        `t4`.`event` IS NULL
                      ) AND (
                        NOT `t4`.`status` IS NULL
                      )
                      THEN CONCAT(
                        'unknown feedbackStatus',
                        IF(
                          REGEXP_LIKE(`t4`.`status`, '^[A-Za-z_.-]{1,24}$'),
                          CONCAT(CONCAT(' \'', `t4`.`status`), '\''),
                          ''
                        )
                      )
                      WHEN (
                        `t4`.`event` IS NULL
                      ) AND (
                        NOT `t4`.`interaction` IS NULL
                      )
                      THEN CONCAT(
                        'unknown interactionType',
                        IF(
                          REGEXP_LIKE(`t4`.`interaction`, '^[A-Za-z_.-]{1,24}$'),
                          CONCAT(CONCAT(' \'', `t4`.`interaction`), '\''),
                          ''
                        )
                      )
                      WHEN `t4`.`event` IS NULL
                      THEN 'no feedbackStatus, interactionType or push event'
                      WHEN `t4`.`id` IS NULL
                      THEN '_id is missing'
                      WHEN `t4`.`time` IS NULL
                      THEN 'timestamp is missing'
                      WHEN NOT (
                        `t4`.`time` BETWEEN CAST('0001-01-01T00:00:00' AS TIMESTAMP) AND CAST('9999-12-31T23:59:59.999999' AS TIMESTAMP)
                      )
                      THEN 'timestamp is not a time'
                      WHEN `t4`.`campaign` IS NULL
                      THEN 'campaignID is missing'
                      WHEN `t4`.`message` IS NULL
                      THEN 'messageID is missing'
                      WHEN `t4`.`channel` IS NULL
                      THEN 'channel is missing'
                      WHEN `t4`.`profile` IS NULL
                      THEN 'messageProfileID is missing'
                      WHEN NOT (
                        `t4`.`channel` IN ('email', 'push', 'sms', 'in_app', 'web', 'direct_mail')
                      )
                      THEN CONCAT(
                        'unknown channel',
                        IF(
                          REGEXP_LIKE(`t4`.`channel`, '^[A-Za-z_.-]{1,24}$'),
                          CONCAT(CONCAT(' \'', `t4`.`channel`), '\''),
                          ''
                        )
                      )
                      WHEN NOT (
                        `t4`.`failure` IN ('hard', 'soft', 'ignored')
                      )
                      THEN CONCAT(
                        'unknown bounce_type',
                        IF(
                          REGEXP_LIKE(`t4`.`failure`, '^[A-Za-z_.-]{1,24}$'),
                          CONCAT(CONCAT(' \'', `t4`.`failure`), '\''),
                          ''
                        )
                      )
                      ELSE CAST(NULL AS STRING)
                    END AS `cause`
                  FROM (
                    SELECT
                      `t3`.`id`,
                      `t3`.`kind`,
                      `t3`.`status`,
                      `t3`.`failure_reason`,
                      `t3`.`failure_type`,
                      `t3`.`failure_category`,
                      `t3`.`exclusion_reason`,
                      `t3`.`interaction`,
                      `t3`.`campaign`,
                      `t3`.`message`,
                      `t3`.`execution`,
                      `t3`.`profile`,
                      `t3`.`channel_uri`,
                      `t3`.`address_domain`,
                      `t3`.`address`,
                      `t3`.`device`,
                      `t3`.`button`,
                      `t3`.`identity`,
                      `t3`.`test`,
                      `t3`.`time`,
                      `t3`.`mark`,
                      `t3`.`late`,
                      CASE
                        WHEN REGEXP_EXTRACT(`t3`.`channel_uri`, '([^/]*)$') = 'inApp'
                        THEN 'in_app'
                        WHEN REGEXP_EXTRACT(`t3`.`channel_uri`, '([^/]*)$') = 'directMail'
                        THEN 'direct_mail'
                        WHEN NOT `t3`.`channel_uri` IS NULL
                        THEN LOWER(REGEXP_EXTRACT(`t3`.`channel_uri`, '([^/]*)$'))
                        WHEN STARTSWITH(`t3`.`kind`, 'pushtracking.') OR (
                          NOT `t3`.`device` IS NULL
                        )
                        THEN 'push'
                        WHEN NOT COALESCE(`t3`.`address_domain`, `t3`.`address`) IS NULL
                        THEN 'email'
                        ELSE CAST(NULL AS STRING)
                      END AS `channel`,
                      CASE
                        WHEN (
                          `t3`.`status` = 'bounce'
                        ) AND `t3`.`late`
                        THEN 'bounce'
                        WHEN `t3`.`status` IN ('sent', 'bounce', 'denylist')
                        THEN 'sent'
                        WHEN `t3`.`status` = 'exclude'
                        THEN 'excluded'
                        WHEN `t3`.`status` IN ('error', 'delay')
                        THEN `t3`.`status`
                        WHEN `t3`.`status` IN ('delivered', 'read', 'duplicate', 'unknown')
                        THEN ''
                        WHEN NOT `t3`.`status` IS NULL
                        THEN CAST(NULL AS STRING)
                        WHEN `t3`.`interaction` IN ('open', 'bot_open')
                        THEN 'open'
                        WHEN `t3`.`interaction` IN ('click', 'bot_click')
                        THEN 'click'
                        WHEN `t3`.`interaction` IN ('unsubscribe', 'spam_complaint')
                        THEN `t3`.`interaction`
                        WHEN `t3`.`interaction` IN ('subscription', 'submit', 'visit', 'reply')
                        THEN ''
                        WHEN NOT `t3`.`interaction` IS NULL
                        THEN CAST(NULL AS STRING)
                        WHEN `t3`.`kind` = 'pushtracking.applicationopened'
                        THEN 'open'
                        WHEN `t3`.`kind` = 'pushtracking.customaction'
                        THEN 'action'
                        WHEN (
                          `t3`.`kind` IS NULL
                        ) OR STARTSWITH(`t3`.`kind`, 'message.')
                        THEN CAST(NULL AS STRING)
                        ELSE ''
                      END AS `event`,
                      CASE
                        WHEN `t3`.`status` = 'denylist'
                        THEN 'hard'
                        WHEN `t3`.`status` = 'bounce'
                        THEN LOWER(`t3`.`failure_type`)
                        ELSE CAST(NULL AS STRING)
                      END AS `failure`
                    FROM (
                      SELECT
                        `t2`.`id`,
                        LOWER(`t2`.`kind`) AS `kind`,
                        LOWER(`t2`.`status`) AS `status`,
                        `t2`.`failure_reason`,
                        `t2`.`failure_type`,
                        `t2`.`failure_category`,
                        `t2`.`exclusion_reason`,
                        LOWER(`t2`.`interaction`) AS `interaction`,
                        `t2`.`campaign`,
                        `t2`.`message`,
                        `t2`.`execution`,
                        COALESCE(
                          `t2`.`profile`,
                          IF(
                            SUBSTRING(`t2`.`identity`, IF((
                              0 + 1
                            ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t2`.`identity`)), 1) IN ('', ' ', '\t', '\n', '\r')
                            AND (
                              TRANSLATE(`t2`.`identity`, ' \t\n\r', '') = ''
                            ),
                            CAST(NULL AS STRING),
                            `t2`.`identity`
                          )
                        ) AS `profile`,
                        `t2`.`channel_uri`,
                        `t2`.`address_domain`,
                        `t2`.`address`,
                        `t2`.`device`,
                        `t2`.`button`,
                        `t2`.`identity`,
                        `t2`.`test`,
                        `t2`.`time`,
                        `t2`.`mark`,
                        COALESCE(LOWER(`t2`.`failure_category`) = 'async', FALSE) AS `late`
                      FROM (
                        SELECT
                          *
                        FROM (
                          SELECT
                            COALESCE(
                              IF(
                                SUBSTRING(`t0`.`_id`, IF((
                                  0 + 1
                                ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t0`.`_id`)), 1) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(`t0`.`_id`, ' \t\n\r', '') = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_id`
                              )
                            ) AS `id`,
                            COALESCE(
                              IF(
                                SUBSTRING(`t0`.`eventType`, IF((
                                  0 + 1
                                ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t0`.`eventType`)), 1) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(`t0`.`eventType`, ' \t\n\r', '') = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`eventType`
                              )
                            ) AS `kind`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`feedbackStatus`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`feedbackStatus`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`feedbackStatus`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`feedbackStatus`
                              )
                            ) AS `status`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`reason`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`reason`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`reason`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`reason`
                              )
                            ) AS `failure_reason`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`type`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`type`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`type`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`type`
                              )
                            ) AS `failure_type`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`category`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`category`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`category`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`category`
                              )
                            ) AS `failure_category`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageExclusion`.`reason`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageExclusion`.`reason`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageExclusion`.`reason`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageExclusion`.`reason`
                              )
                            ) AS `exclusion_reason`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageInteraction`.`interactionType`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageInteraction`.`interactionType`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageInteraction`.`interactionType`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageInteraction`.`interactionType`
                              )
                            ) AS `interaction`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`campaignID`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(`t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`campaignID`)
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`campaignID`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`campaignID`
                              )
                            ) AS `campaign`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageID`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(`t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageID`)
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageID`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageID`
                              ),
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageExecutionID`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageExecutionID`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageExecutionID`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageExecutionID`
                              )
                            ) AS `message`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`batchInstanceID`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`batchInstanceID`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`batchInstanceID`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageExecution`.`batchInstanceID`
                              )
                            ) AS `execution`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`messageProfileID`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(
                                      `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`messageProfileID`
                                    )
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`messageProfileID`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`messageProfileID`
                              )
                            ) AS `profile`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`channel`.`_id`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(`t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`channel`.`_id`)
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`channel`.`_id`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`channel`.`_id`
                              )
                            ) AS `channel_uri`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`domain`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(`t0`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`domain`)
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`domain`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`domain`
                              )
                            ) AS `address_domain`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`address`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(`t0`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`address`)
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`address`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`address`
                              )
                            ) AS `address`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`_experience`.`customerJourneyManagement`.`pushChannelContext`.`platform`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(`t0`.`_experience`.`customerJourneyManagement`.`pushChannelContext`.`platform`)
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(
                                    `t0`.`_experience`.`customerJourneyManagement`.`pushChannelContext`.`platform`,
                                    ' \t\n\r',
                                    ''
                                  ) = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`_experience`.`customerJourneyManagement`.`pushChannelContext`.`platform`
                              ),
                              IF(
                                SUBSTRING(
                                  `t0`.`pushNotificationTracking`.`pushProvider`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(`t0`.`pushNotificationTracking`.`pushProvider`)
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(`t0`.`pushNotificationTracking`.`pushProvider`, ' \t\n\r', '') = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`pushNotificationTracking`.`pushProvider`
                              )
                            ) AS `device`,
                            COALESCE(
                              IF(
                                SUBSTRING(
                                  `t0`.`pushNotificationTracking`.`customAction`.`actionID`,
                                  IF(
                                    (
                                      0 + 1
                                    ) >= 1,
                                    0 + 1,
                                    0 + 1 + LENGTH(`t0`.`pushNotificationTracking`.`customAction`.`actionID`)
                                  ),
                                  1
                                ) IN ('', ' ', '\t', '\n', '\r')
                                AND (
                                  TRANSLATE(`t0`.`pushNotificationTracking`.`customAction`.`actionID`, ' \t\n\r', '') = ''
                                ),
                                CAST(NULL AS STRING),
                                `t0`.`pushNotificationTracking`.`customAction`.`actionID`
                              )
                            ) AS `button`,
                            IF(
                              SIZE(
                                FILTER(
                                  FLATTEN(
                                    FILTER(
                                      MAP_VALUES(`t0`.`identityMap`),
                                      __ibis_param_some__ -> NOT __ibis_param_some__ IS NULL
                                    )
                                  ),
                                  __ibis_param_identity__ -> __ibis_param_identity__.`primary`
                                )
                              ) > 0,
                              ELEMENT_AT(
                                FILTER(
                                  FLATTEN(
                                    FILTER(
                                      MAP_VALUES(`t0`.`identityMap`),
                                      __ibis_param_some__ -> NOT __ibis_param_some__ IS NULL
                                    )
                                  ),
                                  __ibis_param_identity__ -> __ibis_param_identity__.`primary`
                                ),
                                0 + 1
                              ).`id`,
                              CAST(NULL AS STRING)
                            ) AS `identity`,
                            CASE
                              WHEN LOWER(
                                TRANSLATE(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`isTestExecution`,
                                  ' \t\n\r',
                                  ''
                                )
                              ) IN ('true', 't', '1', 'yes', 'y')
                              THEN TRUE
                              WHEN LOWER(
                                TRANSLATE(
                                  `t0`.`_experience`.`customerJourneyManagement`.`messageProfile`.`isTestExecution`,
                                  ' \t\n\r',
                                  ''
                                )
                              ) IN ('false', 'f', '0', 'no', 'n')
                              THEN FALSE
                              ELSE CAST(NULL AS BOOLEAN)
                            END AS `test`,
                            `t0`.`timestamp` AS `time`,
                            `t0`.`_acp_system_metadata`.`ingestTime` AS `mark`
                          FROM `feedback` AS `t0`
                        ) AS `t1`
                        WHERE
                          (
                            `t1`.`mark` >= CLW_SINCE()
                          ) OR (
                            `t1`.`mark` IS NULL
                          )
                      ) AS `t2`
                    ) AS `t3`
                  ) AS `t4`
                ) AS `t5`
              ) AS `t6`
            ) AS `t7`
          ) AS `t8`
        ) AS `t9`
      ) AS `t10`
    ) AS `t11`
  )
  WHERE
    RAND() >= 0
), clw_fresh AS (
  SELECT
    *
  FROM (
    SELECT
      `t3`.`campaign_id`,
      `t3`.`campaign_name`,
      `t3`.`timestamp`,
      `t3`.`open`,
      `t3`.`message_id`,
      `t3`.`message_name`,
      `t3`.`execution_id`,
      `t3`.`channel`,
      `t3`.`reason`,
      `t3`.`domain`,
      `t3`.`platform`,
      `t3`.`kind`,
      `t3`.`minute`,
      `t3`.`is_test`,
      `t3`.`high`,
      `t3`.`low`
    FROM (
      SELECT
        *
      FROM `clw_rows` AS `t0`
      WHERE
        `t0`.`cause` IS NULL AND `t0`.`place` = 0
    ) AS `t3`
    LEFT JOIN (
      SELECT
        IF(`t13`.`pair`, CONCAT(CONCAT(`t13`.`id`, ':'), `t13`.`event_type`), `t13`.`id`) AS `event_id`,
        `t13`.`campaign` AS `campaign_id`,
        `t13`.`message` AS `message_id`,
        `t13`.`channel`,
        `t13`.`profile` AS `profile_id`,
        `t13`.`event_type`,
        CASE
          WHEN `t13`.`event_type` = 'excluded'
          THEN `t13`.`exclusion_reason`
          WHEN `t13`.`event_type` = 'action'
          THEN `t13`.`button`
          WHEN `t13`.`event_type` IN ('bounce', 'error', 'delay')
          THEN `t13`.`failure_reason`
          ELSE CAST(NULL AS STRING)
        END AS `reason`,
        IF(`t13`.`event_type` = 'bounce', `t13`.`failure`, CAST(NULL AS STRING)) AS `bounce_type`,
        LOWER(
          COALESCE(`t13`.`address_domain`, NULLIF(REGEXP_EXTRACT(`t13`.`address`, '@([^@]*)$'), ''))
        ) AS `domain`,
        CASE
          WHEN LOWER(`t13`.`device`) = 'apns'
          THEN 'ios'
          WHEN LOWER(`t13`.`device`) = 'apnssandbox'
          THEN 'ios'
          WHEN LOWER(`t13`.`device`) = 'fcm'
          THEN 'android'
          ELSE `t13`.`device`
        END AS `platform`,
        `t13`.`execution` AS `execution_id`,
        CAST(NULL AS STRING) AS `campaign_name`,
        CAST(NULL AS STRING) AS `message_name`,
        (
          `t13`.`event_type` = 'bounce'
        )
        AND (
          `t13`.`status` = 'bounce'
        )
        AND `t13`.`late` AS `is_async`,
        COALESCE(`t13`.`test`, FALSE) AS `is_test`,
        `t13`.`time` AS `timestamp`,
        IF(`t13`.`pair`, CONCAT(CONCAT(`t13`.`id`, ':'), `t13`.`event_type`), `t13`.`id`) AS `raw_id`,
        `t13`.`mark`,
        `t13`.`cause`
      FROM (
        SELECT
          `t12`.`id`,
          `t12`.`kind`,
          `t12`.`status`,
          `t12`.`failure_reason`,
          `t12`.`failure_type`,
          `t12`.`failure_category`,
          `t12`.`exclusion_reason`,
          `t12`.`interaction`,
          `t12`.`campaign`,
          `t12`.`message`,
          `t12`.`execution`,
          `t12`.`profile`,
          `t12`.`channel_uri`,
          `t12`.`address_domain`,
          `t12`.`address`,
          `t12`.`device`,
          `t12`.`button`,
          `t12`.`identity`,
          `t12`.`test`,
          `t12`.`time`,
          `t12`.`mark`,
          `t12`.`late`,
          `t12`.`channel`,
          `t12`.`event`,
          `t12`.`failure`,
          `t12`.`cause`,
          `t12`.`second`,
          `t12`.`pair`,
          `t12`.`event_type`
        FROM (
          SELECT
            `t11`.`id`,
            `t11`.`kind`,
            `t11`.`status`,
            `t11`.`failure_reason`,
            `t11`.`failure_type`,
            `t11`.`failure_category`,
            `t11`.`exclusion_reason`,
            `t11`.`interaction`,
            `t11`.`campaign`,
            `t11`.`message`,
            `t11`.`execution`,
            `t11`.`profile`,
            `t11`.`channel_uri`,
            `t11`.`address_domain`,
            `t11`.`address`,
            `t11`.`device`,
            `t11`.`button`,
            `t11`.`identity`,
            `t11`.`test`,
            `t11`.`time`,
            `t11`.`mark`,
            `t11`.`late`,
            `t11`.`channel`,
            `t11`.`event`,
            `t11`.`failure`,
            `t11`.`cause`,
            `t11`.`second`,
            `t11`.`pair`,
            `t11`.`kinds`,
            EXPLODE(`t11`.`kinds`) AS `event_type`
          FROM (
            SELECT
              `t10`.`id`,
              `t10`.`kind`,
              `t10`.`status`,
              `t10`.`failure_reason`,
              `t10`.`failure_type`,
              `t10`.`failure_category`,
              `t10`.`exclusion_reason`,
              `t10`.`interaction`,
              `t10`.`campaign`,
              `t10`.`message`,
              `t10`.`execution`,
              `t10`.`profile`,
              `t10`.`channel_uri`,
              `t10`.`address_domain`,
              `t10`.`address`,
              `t10`.`device`,
              `t10`.`button`,
              `t10`.`identity`,
              `t10`.`test`,
              `t10`.`time`,
              `t10`.`mark`,
              `t10`.`late`,
              `t10`.`channel`,
              `t10`.`event`,
              `t10`.`failure`,
              `t10`.`cause`,
              `t10`.`second`,
              NOT `t10`.`second` IS NULL AS `pair`,
              IF(
                NOT `t10`.`second` IS NULL,
                ARRAY(`t10`.`event`, `t10`.`second`),
                ARRAY(`t10`.`event`)
              ) AS `kinds`
            FROM (
              SELECT
                `t9`.`id`,
                `t9`.`kind`,
                `t9`.`status`,
                `t9`.`failure_reason`,
                `t9`.`failure_type`,
                `t9`.`failure_category`,
                `t9`.`exclusion_reason`,
                `t9`.`interaction`,
                `t9`.`campaign`,
                `t9`.`message`,
                `t9`.`execution`,
                `t9`.`profile`,
                `t9`.`channel_uri`,
                `t9`.`address_domain`,
                `t9`.`address`,
                `t9`.`device`,
                `t9`.`button`,
                `t9`.`identity`,
                `t9`.`test`,
                `t9`.`time`,
                `t9`.`mark`,
                `t9`.`late`,
                `t9`.`channel`,
                `t9`.`event`,
                `t9`.`failure`,
                `t9`.`cause`,
                CASE
                  WHEN (
                    NOT `t9`.`cause` IS NULL
                  ) OR (
                    `t9`.`event` <> 'sent'
                  )
                  THEN CAST(NULL AS STRING)
                  WHEN `t9`.`status` = 'sent'
                  THEN 'delivered'
                  ELSE 'bounce'
                END AS `second`
              FROM (
                SELECT
                  `t8`.`id`,
                  `t8`.`kind`,
                  `t8`.`status`,
                  `t8`.`failure_reason`,
                  `t8`.`failure_type`,
                  `t8`.`failure_category`,
                  `t8`.`exclusion_reason`,
                  `t8`.`interaction`,
                  `t8`.`campaign`,
                  `t8`.`message`,
                  `t8`.`execution`,
                  `t8`.`profile`,
                  `t8`.`channel_uri`,
                  `t8`.`address_domain`,
                  `t8`.`address`,
                  `t8`.`device`,
                  `t8`.`button`,
                  `t8`.`identity`,
                  `t8`.`test`,
                  `t8`.`time`,
                  `t8`.`mark`,
                  `t8`.`late`,
                  `t8`.`channel`,
                  `t8`.`event`,
                  `t8`.`failure`,
                  CASE
                    WHEN `t8`.`event` = ''
                    THEN ''
                    WHEN (
                      `t8`.`event` IS NULL
                    ) AND (
                      NOT `t8`.`status` IS NULL
                    )
                    THEN CONCAT(
                      'unknown feedbackStatus',
                      IF(
                        REGEXP_LIKE(`t8`.`status`, '^[A-Za-z_.-]{1,24}$'),
                        CONCAT(CONCAT(' \'', `t8`.`status`), '\''),
                        ''
                      )
                    )
                    WHEN (
                      `t8`.`event` IS NULL
                    ) AND (
                      NOT `t8`.`interaction` IS NULL
                    )
                    THEN CONCAT(
                      'unknown interactionType',
                      IF(
                        REGEXP_LIKE(`t8`.`interaction`, '^[A-Za-z_.-]{1,24}$'),
                        CONCAT(CONCAT(' \'', `t8`.`interaction`), '\''),
                        ''
                      )
                    )
                    WHEN `t8`.`event` IS NULL
                    THEN 'no feedbackStatus, interactionType or push event'
                    WHEN `t8`.`id` IS NULL
                    THEN '_id is missing'
                    WHEN `t8`.`time` IS NULL
                    THEN 'timestamp is missing'
                    WHEN NOT (
                      `t8`.`time` BETWEEN CAST('0001-01-01T00:00:00' AS TIMESTAMP) AND CAST('9999-12-31T23:59:59.999999' AS TIMESTAMP)
                    )
                    THEN 'timestamp is not a time'
                    WHEN `t8`.`campaign` IS NULL
                    THEN 'campaignID is missing'
                    WHEN `t8`.`message` IS NULL
                    THEN 'messageID is missing'
                    WHEN `t8`.`channel` IS NULL
                    THEN 'channel is missing'
                    WHEN `t8`.`profile` IS NULL
                    THEN 'messageProfileID is missing'
                    WHEN NOT (
                      `t8`.`channel` IN ('email', 'push', 'sms', 'in_app', 'web', 'direct_mail')
                    )
                    THEN CONCAT(
                      'unknown channel',
                      IF(
                        REGEXP_LIKE(`t8`.`channel`, '^[A-Za-z_.-]{1,24}$'),
                        CONCAT(CONCAT(' \'', `t8`.`channel`), '\''),
                        ''
                      )
                    )
                    WHEN NOT (
                      `t8`.`failure` IN ('hard', 'soft', 'ignored')
                    )
                    THEN CONCAT(
                      'unknown bounce_type',
                      IF(
                        REGEXP_LIKE(`t8`.`failure`, '^[A-Za-z_.-]{1,24}$'),
                        CONCAT(CONCAT(' \'', `t8`.`failure`), '\''),
                        ''
                      )
                    )
                    ELSE CAST(NULL AS STRING)
                  END AS `cause`
                FROM (
                  SELECT
                    `t7`.`id`,
                    `t7`.`kind`,
                    `t7`.`status`,
                    `t7`.`failure_reason`,
                    `t7`.`failure_type`,
                    `t7`.`failure_category`,
                    `t7`.`exclusion_reason`,
                    `t7`.`interaction`,
                    `t7`.`campaign`,
                    `t7`.`message`,
                    `t7`.`execution`,
                    `t7`.`profile`,
                    `t7`.`channel_uri`,
                    `t7`.`address_domain`,
                    `t7`.`address`,
                    `t7`.`device`,
                    `t7`.`button`,
                    `t7`.`identity`,
                    `t7`.`test`,
                    `t7`.`time`,
                    `t7`.`mark`,
                    `t7`.`late`,
                    CASE
                      WHEN REGEXP_EXTRACT(`t7`.`channel_uri`, '([^/]*)$') = 'inApp'
                      THEN 'in_app'
                      WHEN REGEXP_EXTRACT(`t7`.`channel_uri`, '([^/]*)$') = 'directMail'
                      THEN 'direct_mail'
                      WHEN NOT `t7`.`channel_uri` IS NULL
                      THEN LOWER(REGEXP_EXTRACT(`t7`.`channel_uri`, '([^/]*)$'))
                      WHEN STARTSWITH(`t7`.`kind`, 'pushtracking.') OR (
                        NOT `t7`.`device` IS NULL
                      )
                      THEN 'push'
                      WHEN NOT COALESCE(`t7`.`address_domain`, `t7`.`address`) IS NULL
                      THEN 'email'
                      ELSE CAST(NULL AS STRING)
                    END AS `channel`,
                    CASE
                      WHEN (
                        `t7`.`status` = 'bounce'
                      ) AND `t7`.`late`
                      THEN 'bounce'
                      WHEN `t7`.`status` IN ('sent', 'bounce', 'denylist')
                      THEN 'sent'
                      WHEN `t7`.`status` = 'exclude'
                      THEN 'excluded'
                      WHEN `t7`.`status` IN ('error', 'delay')
                      THEN `t7`.`status`
                      WHEN `t7`.`status` IN ('delivered', 'read', 'duplicate', 'unknown')
                      THEN ''
                      WHEN NOT `t7`.`status` IS NULL
                      THEN CAST(NULL AS STRING)
                      WHEN `t7`.`interaction` IN ('open', 'bot_open')
                      THEN 'open'
                      WHEN `t7`.`interaction` IN ('click', 'bot_click')
                      THEN 'click'
                      WHEN `t7`.`interaction` IN ('unsubscribe', 'spam_complaint')
                      THEN `t7`.`interaction`
                      WHEN `t7`.`interaction` IN ('subscription', 'submit', 'visit', 'reply')
                      THEN ''
                      WHEN NOT `t7`.`interaction` IS NULL
                      THEN CAST(NULL AS STRING)
                      WHEN `t7`.`kind` = 'pushtracking.applicationopened'
                      THEN 'open'
                      WHEN `t7`.`kind` = 'pushtracking.customaction'
                      THEN 'action'
                      WHEN (
                        `t7`.`kind` IS NULL
                      ) OR STARTSWITH(`t7`.`kind`, 'message.')
                      THEN CAST(NULL AS STRING)
                      ELSE ''
                    END AS `event`,
                    CASE
                      WHEN `t7`.`status` = 'denylist'
                      THEN 'hard'
                      WHEN `t7`.`status` = 'bounce'
                      THEN LOWER(`t7`.`failure_type`)
                      ELSE CAST(NULL AS STRING)
                    END AS `failure`
                  FROM (
                    SELECT
                      `t6`.`id`,
                      LOWER(`t6`.`kind`) AS `kind`,
                      LOWER(`t6`.`status`) AS `status`,
                      `t6`.`failure_reason`,
                      `t6`.`failure_type`,
                      `t6`.`failure_category`,
                      `t6`.`exclusion_reason`,
                      LOWER(`t6`.`interaction`) AS `interaction`,
                      `t6`.`campaign`,
                      `t6`.`message`,
                      `t6`.`execution`,
                      COALESCE(
                        `t6`.`profile`,
                        IF(
                          SUBSTRING(`t6`.`identity`, IF((
                            0 + 1
                          ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t6`.`identity`)), 1) IN ('', ' ', '\t', '\n', '\r')
                          AND (
                            TRANSLATE(`t6`.`identity`, ' \t\n\r', '') = ''
                          ),
                          CAST(NULL AS STRING),
                          `t6`.`identity`
                        )
                      ) AS `profile`,
                      `t6`.`channel_uri`,
                      `t6`.`address_domain`,
                      `t6`.`address`,
                      `t6`.`device`,
                      `t6`.`button`,
                      `t6`.`identity`,
                      `t6`.`test`,
                      `t6`.`time`,
                      `t6`.`mark`,
                      COALESCE(LOWER(`t6`.`failure_category`) = 'async', FALSE) AS `late`
                    FROM (
                      SELECT
                        *
                      FROM (
                        SELECT
                          COALESCE(
                            IF(
                              SUBSTRING(`t1`.`_id`, IF((
                                0 + 1
                              ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`_id`)), 1) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(`t1`.`_id`, ' \t\n\r', '') = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_id`
                            )
                          ) AS `id`,
                          COALESCE(
                            IF(
                              SUBSTRING(`t1`.`eventType`, IF((
                                0 + 1
                              ) >= 1, 0 + 1, 0 + 1 + LENGTH(`t1`.`eventType`)), 1) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(`t1`.`eventType`, ' \t\n\r', '') = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`eventType`
                            )
                          ) AS `kind`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`feedbackStatus`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`feedbackStatus`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`feedbackStatus`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`feedbackStatus`
                            )
                          ) AS `status`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`reason`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`reason`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`reason`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`reason`
                            )
                          ) AS `failure_reason`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`type`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`type`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`type`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`type`
                            )
                          ) AS `failure_type`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`category`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`category`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`category`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageFailure`.`category`
                            )
                          ) AS `failure_category`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageExclusion`.`reason`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageExclusion`.`reason`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageExclusion`.`reason`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageDeliveryfeedback`.`messageExclusion`.`reason`
                            )
                          ) AS `exclusion_reason`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageInteraction`.`interactionType`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageInteraction`.`interactionType`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageInteraction`.`interactionType`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageInteraction`.`interactionType`
                            )
                          ) AS `interaction`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`campaignID`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(`t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`campaignID`)
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`campaignID`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`campaignID`
                            )
                          ) AS `campaign`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageID`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(`t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageID`)
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageID`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageID`
                            ),
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageExecutionID`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageExecutionID`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageExecutionID`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`messageExecutionID`
                            )
                          ) AS `message`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`batchInstanceID`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`batchInstanceID`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`batchInstanceID`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageExecution`.`batchInstanceID`
                            )
                          ) AS `execution`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`messageProfileID`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(
                                    `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`messageProfileID`
                                  )
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`messageProfileID`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`messageProfileID`
                            )
                          ) AS `profile`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`channel`.`_id`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(`t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`channel`.`_id`)
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`channel`.`_id`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`channel`.`_id`
                            )
                          ) AS `channel_uri`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`domain`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(`t1`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`domain`)
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`domain`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`domain`
                            )
                          ) AS `address_domain`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`address`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(`t1`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`address`)
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`address`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`emailChannelContext`.`address`
                            )
                          ) AS `address`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`_experience`.`customerJourneyManagement`.`pushChannelContext`.`platform`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(`t1`.`_experience`.`customerJourneyManagement`.`pushChannelContext`.`platform`)
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(
                                  `t1`.`_experience`.`customerJourneyManagement`.`pushChannelContext`.`platform`,
                                  ' \t\n\r',
                                  ''
                                ) = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`_experience`.`customerJourneyManagement`.`pushChannelContext`.`platform`
                            ),
                            IF(
                              SUBSTRING(
                                `t1`.`pushNotificationTracking`.`pushProvider`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(`t1`.`pushNotificationTracking`.`pushProvider`)
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(`t1`.`pushNotificationTracking`.`pushProvider`, ' \t\n\r', '') = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`pushNotificationTracking`.`pushProvider`
                            )
                          ) AS `device`,
                          COALESCE(
                            IF(
                              SUBSTRING(
                                `t1`.`pushNotificationTracking`.`customAction`.`actionID`,
                                IF(
                                  (
                                    0 + 1
                                  ) >= 1,
                                  0 + 1,
                                  0 + 1 + LENGTH(`t1`.`pushNotificationTracking`.`customAction`.`actionID`)
                                ),
                                1
                              ) IN ('', ' ', '\t', '\n', '\r')
                              AND (
                                TRANSLATE(`t1`.`pushNotificationTracking`.`customAction`.`actionID`, ' \t\n\r', '') = ''
                              ),
                              CAST(NULL AS STRING),
                              `t1`.`pushNotificationTracking`.`customAction`.`actionID`
                            )
                          ) AS `button`,
                          IF(
                            SIZE(
                              FILTER(
                                FLATTEN(
                                  FILTER(
                                    MAP_VALUES(`t1`.`identityMap`),
                                    __ibis_param_some__ -> NOT __ibis_param_some__ IS NULL
                                  )
                                ),
                                __ibis_param_identity__ -> __ibis_param_identity__.`primary`
                              )
                            ) > 0,
                            ELEMENT_AT(
                              FILTER(
                                FLATTEN(
                                  FILTER(
                                    MAP_VALUES(`t1`.`identityMap`),
                                    __ibis_param_some__ -> NOT __ibis_param_some__ IS NULL
                                  )
                                ),
                                __ibis_param_identity__ -> __ibis_param_identity__.`primary`
                              ),
                              0 + 1
                            ).`id`,
                            CAST(NULL AS STRING)
                          ) AS `identity`,
                          CASE
                            WHEN LOWER(
                              TRANSLATE(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`isTestExecution`,
                                ' \t\n\r',
                                ''
                              )
                            ) IN ('true', 't', '1', 'yes', 'y')
                            THEN TRUE
                            WHEN LOWER(
                              TRANSLATE(
                                `t1`.`_experience`.`customerJourneyManagement`.`messageProfile`.`isTestExecution`,
                                ' \t\n\r',
                                ''
                              )
                            ) IN ('false', 'f', '0', 'no', 'n')
                            THEN FALSE
                            ELSE CAST(NULL AS BOOLEAN)
                          END AS `test`,
                          `t1`.`timestamp` AS `time`,
                          `t1`.`_acp_system_metadata`.`ingestTime` AS `mark`
                        FROM `feedback` AS `t1`
                      ) AS `t5`
                      WHERE
                        `t5`.`mark` < CLW_SINCE()
                    ) AS `t6`
                  ) AS `t7`
                ) AS `t8`
              ) AS `t9`
            ) AS `t10`
          ) AS `t11`
        ) AS `t12`
      ) AS `t13`
      WHERE
        `t13`.`cause` IS NULL
    ) AS `t15`
      ON `t3`.`raw_id` = `t15`.`raw_id`
    WHERE
      `t15`.`raw_id` IS NULL
  )
  WHERE
    RAND() >= 0
), `t2` AS (
  SELECT
    *
  FROM `clw_fresh` AS `t0`
  WHERE
    `t0`.`campaign_id` = 'spring'
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
        *
      FROM (
        SELECT
          CAST(2 AS BIGINT) AS `what`,
          `t13`.`open`,
          `t13`.`a`,
          `t13`.`b`,
          `t13`.`c`,
          CAST(NULL AS STRING) AS `d`,
          CAST(NULL AS STRING) AS `e`,
          CAST(NULL AS STRING) AS `f`,
          `t13`.`kind`,
          `t13`.`minute`,
          CAST(NULL AS BIGINT) AS `high`,
          CAST(NULL AS BIGINT) AS `low`,
          `t13`.`n`,
          CAST(NULL AS TIMESTAMP) AS `first`,
          CAST(NULL AS TIMESTAMP) AS `last`
        FROM (
          SELECT
            `t6`.`open`,
            `t6`.`kind`,
            `t6`.`domain` AS `a`,
            `t6`.`message_id` AS `b`,
            `t6`.`execution_id` AS `c`,
            `t6`.`minute`,
            COUNT(*) AS `n`
          FROM `t2` AS `t6`
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6
        ) AS `t13`
      ) AS `t22`
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(3 AS BIGINT) AS `what`,
          `t15`.`open`,
          `t15`.`a`,
          `t15`.`b`,
          `t15`.`c`,
          CAST(NULL AS STRING) AS `d`,
          CAST(NULL AS STRING) AS `e`,
          CAST(NULL AS STRING) AS `f`,
          `t15`.`kind`,
          `t15`.`minute`,
          CAST(NULL AS BIGINT) AS `high`,
          CAST(NULL AS BIGINT) AS `low`,
          `t15`.`n`,
          CAST(NULL AS TIMESTAMP) AS `first`,
          CAST(NULL AS TIMESTAMP) AS `last`
        FROM (
          SELECT
            `t6`.`open`,
            `t6`.`kind`,
            `t6`.`platform` AS `a`,
            `t6`.`message_id` AS `b`,
            `t6`.`execution_id` AS `c`,
            `t6`.`minute`,
            COUNT(*) AS `n`
          FROM `t2` AS `t6`
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6
        ) AS `t15`
      ) AS `t24`
    ) AS `t27`
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          CAST(4 AS BIGINT) AS `what`,
          `t3`.`open`,
          `t3`.`a`,
          `t3`.`b`,
          `t3`.`c`,
          `t3`.`d`,
          `t3`.`e`,
          `t3`.`f`,
          CAST(NULL AS BIGINT) AS `kind`,
          CAST(NULL AS BIGINT) AS `minute`,
          CAST(NULL AS BIGINT) AS `high`,
          CAST(NULL AS BIGINT) AS `low`,
          `t3`.`n`,
          `t3`.`first`,
          `t3`.`last`
        FROM (
          SELECT
            `t0`.`open`,
            `t0`.`campaign_id` AS `a`,
            `t0`.`campaign_name` AS `b`,
            `t0`.`message_id` AS `c`,
            `t0`.`message_name` AS `d`,
            `t0`.`execution_id` AS `e`,
            `t0`.`channel` AS `f`,
            COUNT(*) AS `n`,
            MIN(`t0`.`timestamp`) AS `first`,
            MAX(`t0`.`timestamp`) AS `last`
          FROM `clw_fresh` AS `t0`
          GROUP BY
            1,
            2,
            3,
            4,
            5,
            6,
            7
        ) AS `t3`
      ) AS `t10`
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(9 AS BIGINT) AS `what`,
          `t11`.`open`,
          `t11`.`a`,
          CAST(NULL AS STRING) AS `b`,
          CAST(NULL AS STRING) AS `c`,
          CAST(NULL AS STRING) AS `d`,
          CAST(NULL AS STRING) AS `e`,
          CAST(NULL AS STRING) AS `f`,
          `t11`.`kind`,
          `t11`.`minute`,
          CAST(NULL AS BIGINT) AS `high`,
          CAST(NULL AS BIGINT) AS `low`,
          `t11`.`n`,
          `t11`.`first`,
          `t11`.`last`
        FROM (
          SELECT
            `t0`.`open`,
            `t0`.`campaign_id` AS `a`,
            CAST(IF(`t0`.`timestamp` > CLW_NOW(), 1, 0) AS BIGINT) AS `kind`,
            IF(NOT (
              `t0`.`timestamp` > CLW_NOW()
            ), `t0`.`minute`, CAST(NULL AS BIGINT)) AS `minute`,
            IF(`t0`.`timestamp` > CLW_NOW(), `t0`.`timestamp`, CAST(NULL AS TIMESTAMP)) AS `first`,
            COUNT(*) AS `n`,
            MAX(`t0`.`timestamp`) AS `last`
          FROM `clw_fresh` AS `t0`
          GROUP BY
            1,
            2,
            3,
            4,
            5
        ) AS `t11`
      ) AS `t19`
    ) AS `t25`
  ) AS `t29`
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
          CAST(5 AS BIGINT) AS `what`,
          `t7`.`open`,
          `t7`.`a`,
          `t7`.`b`,
          CAST(NULL AS STRING) AS `c`,
          CAST(NULL AS STRING) AS `d`,
          CAST(NULL AS STRING) AS `e`,
          CAST(NULL AS STRING) AS `f`,
          `t7`.`kind`,
          `t7`.`minute`,
          `t7`.`high`,
          `t7`.`low`,
          CAST(NULL AS BIGINT) AS `n`,
          CAST(NULL AS TIMESTAMP) AS `first`,
          CAST(NULL AS TIMESTAMP) AS `last`
        FROM (
          SELECT DISTINCT
            `t0`.`open`,
            `t0`.`minute`,
            `t0`.`high`,
            `t0`.`low`,
            `t0`.`message_id` AS `a`,
            `t0`.`execution_id` AS `b`,
            CAST(IF(`t0`.`is_test`, 1, 0) AS BIGINT) AS `kind`
          FROM `clw_fresh` AS `t0`
          WHERE
            `t0`.`campaign_id` = 'spring' AND NOT `t0`.`high` IS NULL
        ) AS `t7`
      ) AS `t16`
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          CAST(7 AS BIGINT) AS `what`,
          `t8`.`open`,
          CAST(NULL AS STRING) AS `a`,
          CAST(NULL AS STRING) AS `b`,
          CAST(NULL AS STRING) AS `c`,
          CAST(NULL AS STRING) AS `d`,
          CAST(NULL AS STRING) AS `e`,
          CAST(NULL AS STRING) AS `f`,
          CAST(NULL AS BIGINT) AS `kind`,
          CAST(NULL AS BIGINT) AS `minute`,
          `t8`.`high`,
          `t8`.`low`,
          `t8`.`n`,
          CAST(NULL AS TIMESTAMP) AS `first`,
          CAST(NULL AS TIMESTAMP) AS `last`
        FROM (
          SELECT
            `t1`.`open`,
            SUM(CAST(`t1`.`cause` IS NULL AS BIGINT)) AS `n`,
            SUM(CAST(`t1`.`cause` <> '' AS BIGINT)) AS `high`,
            SUM(CAST(`t1`.`cause` = '' AS BIGINT)) AS `low`
          FROM `clw_rows` AS `t1`
          GROUP BY
            1
        ) AS `t8`
      ) AS `t17`
    ) AS `t21`
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        *
      FROM (
        SELECT
          CAST(8 AS BIGINT) AS `what`,
          `t9`.`open`,
          `t9`.`raw_id` AS `a`,
          `t9`.`cause` AS `b`,
          CAST(NULL AS STRING) AS `c`,
          CAST(NULL AS STRING) AS `d`,
          CAST(NULL AS STRING) AS `e`,
          CAST(NULL AS STRING) AS `f`,
          CAST(NULL AS BIGINT) AS `kind`,
          CAST(NULL AS BIGINT) AS `minute`,
          CAST(NULL AS BIGINT) AS `high`,
          CAST(NULL AS BIGINT) AS `low`,
          CAST(NULL AS BIGINT) AS `n`,
          CAST(NULL AS TIMESTAMP) AS `first`,
          CAST(NULL AS TIMESTAMP) AS `last`
        FROM (
          SELECT
            *
          FROM `clw_rows` AS `t1`
          WHERE
            `t1`.`cause` <> ''
          ORDER BY
            `t1`.`mark` ASC NULLS LAST,
            `t1`.`raw_id` ASC NULLS LAST
          LIMIT 100
        ) AS `t9`
      ) AS `t18`
      UNION ALL
      SELECT
        *
      FROM (
        SELECT
          *
        FROM (
          SELECT
            CAST(0 AS BIGINT) AS `what`,
            `t14`.`open`,
            `t14`.`a`,
            `t14`.`b`,
            CAST(NULL AS STRING) AS `c`,
            CAST(NULL AS STRING) AS `d`,
            CAST(NULL AS STRING) AS `e`,
            CAST(NULL AS STRING) AS `f`,
            `t14`.`kind`,
            `t14`.`minute`,
            CAST(NULL AS BIGINT) AS `high`,
            CAST(NULL AS BIGINT) AS `low`,
            `t14`.`n`,
            CAST(NULL AS TIMESTAMP) AS `first`,
            CAST(NULL AS TIMESTAMP) AS `last`
          FROM (
            SELECT
              `t6`.`open`,
              `t6`.`kind`,
              `t6`.`message_id` AS `a`,
              `t6`.`execution_id` AS `b`,
              `t6`.`minute`,
              COUNT(*) AS `n`
            FROM `t2` AS `t6`
            GROUP BY
              1,
              2,
              3,
              4,
              5
          ) AS `t14`
        ) AS `t23`
        UNION ALL
        SELECT
          *
        FROM (
          SELECT
            CAST(1 AS BIGINT) AS `what`,
            `t12`.`open`,
            `t12`.`a`,
            `t12`.`b`,
            `t12`.`c`,
            CAST(NULL AS STRING) AS `d`,
            CAST(NULL AS STRING) AS `e`,
            CAST(NULL AS STRING) AS `f`,
            `t12`.`kind`,
            `t12`.`minute`,
            CAST(NULL AS BIGINT) AS `high`,
            CAST(NULL AS BIGINT) AS `low`,
            `t12`.`n`,
            CAST(NULL AS TIMESTAMP) AS `first`,
            CAST(NULL AS TIMESTAMP) AS `last`
          FROM (
            SELECT
              `t4`.`open`,
              `t4`.`kind`,
              `t4`.`reason` AS `a`,
              `t4`.`message_id` AS `b`,
              `t4`.`execution_id` AS `c`,
              `t4`.`minute`,
              COUNT(*) AS `n`
            FROM (
              SELECT
                *
              FROM `clw_fresh` AS `t0`
              WHERE
                `t0`.`campaign_id` = 'spring'
                AND `t0`.`kind` IN (
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
            ) AS `t4`
            GROUP BY
              1,
              2,
              3,
              4,
              5,
              6
          ) AS `t12`
        ) AS `t20`
      ) AS `t26`
    ) AS `t28`
  ) AS `t30`
) AS answer
